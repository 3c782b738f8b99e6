import { writeNpy } from "../../data/index.ts";
import { float64 } from "../../graph/index.ts";
import { Region } from "../figure/region.tsx";
import { save } from "../figure/save.ts";
import type { Table } from "../figure/table.tsx";
import { layerStroke } from "./colors.ts";
import { PlaceFields } from "./place-fields.tsx";
import type { Place, Plane } from "./plane.ts";
import { SegmentTicks, segmentSvg } from "./segment-ticks.tsx";
import type { FlipPart } from "./topics.ts";
import { placeText } from "./words.ts";

/** Every flip on the straight way from the point to the other end. */
export function SegmentRegion({ plane }: { readonly plane: Plane }) {
  const [segment, regions] = [plane.segment.value, plane.regions.value];
  if (segment === undefined || regions === undefined) return null;
  const [at, end] = [plane.at.value, plane.end.value];
  const { flips } = segment;
  // what reads ONNX knows the gates of ReLU networks; those of two networks come as run directories
  const isRelu = plane.course.value?.moments[plane.moment.value]?.regime === "relu";
  const layers = regions.layers.length;
  const strokes = regions.layers.map((_, layer) => layerStroke(plane.colors.value, layer));
  return (
    <Region
      name="Segment"
      lead="On the way from the point ○ to the end □: each tick is a gate that flips, up where it opens, down where it shuts. Between two ticks the way stays in one region."
      command={isRelu ? "npx gatewise gates --model plane.onnx --inputs points.npy --example 0 --towards 1" : undefined}
      table={() => tableOf(flips, at, end)}
      svg={() => segmentSvg(flips, layers, strokes)}
    >
      <PlaceFields plane={plane} which="end" />
      <p>
        <strong>
          {flips.length} flip{flips.length === 1 ? "" : "s"}
        </strong>{" "}
        from {placeText(at)} to {placeText(end)}
        {layers > 0 &&
          `: ${regions.layers.map((_, i) => `layer ${i + 1} ${flips.filter(({ layer }) => layer === i).length}`).join(", ")}`}
        .
      </p>
      <SegmentTicks flips={flips} layers={layers} strokes={strokes} />
      <div class="controls">
        <button type="button" onClick={() => save("points.npy", "application/octet-stream", pointsNpy(at, end))}>
          Save points
        </button>
        <button
          type="button"
          onClick={() =>
            void plane.withNetwork(async (file) =>
              save(file.name, "application/octet-stream", new Uint8Array(await file.arrayBuffer())),
            )
          }
        >
          Save network
        </button>
        {isRelu && (
          <button type="button" onClick={() => void plane.explain()}>
            Explain this network
          </button>
        )}
      </div>
    </Region>
  );
}

const pointsNpy = (at: Place, end: Place): Uint8Array<ArrayBuffer> =>
  new Uint8Array(writeNpy(float64([2, 2], [...at, ...end])));

const tableOf = (flips: readonly FlipPart[], [x1, y1]: Place, [x2, y2]: Place): Table => ({
  columns: ["at", "x", "y", "layer", "gate", "from", "to"],
  rows: flips.map(({ at, layer, unit, opens }) => [
    at,
    x1 + at * (x2 - x1),
    y1 + at * (y2 - y1),
    layer + 1,
    unit,
    opens ? 0 : 1,
    opens ? 1 : 0,
  ]),
});
