import { useMemo } from "preact/hooks";
import { mixed } from "../figure/palette.ts";
import { Pixels } from "../figure/pixels.tsx";
import { Region } from "../figure/region.tsx";
import type { Table } from "../figure/table.tsx";
import { layerColor, type PlaneColors, regionColor } from "./colors.ts";
import { PlaceFields } from "./place-fields.tsx";
import type { Plane } from "./plane.ts";
import { type PointHistory, pointHistory } from "./point-history.ts";
import { pointSvg } from "./point-svg.ts";
import { byLayer, momentWords, placeText } from "./words.ts";

/** The gates of the chosen point through the training: its way from region to region, while they move. */
export function PointRegion({ plane }: { readonly plane: Plane }) {
  const [part, regions, course] = [plane.gates.value, plane.regions.value, plane.course.value];
  const history = useMemo(() => part && regions && pointHistory(part, regions.layers), [part, regions?.layers]);
  if (part === undefined || regions === undefined || course === undefined || history === undefined) return null;
  const moments = course.moments.slice(part.first, part.first + history.rows);
  const [first, last] = [moments[0], moments.at(-1)];
  const colors = plane.colors.value;
  return (
    <Region
      name="Point"
      lead={`The gates of the point ○ from ${first ? momentWords(first) : "the start"} on: a column an epoch, a row a gate, colored where it is open. The strip on top is the color of its region: it changes as lines pass over the point.`}
      table={() => tableOf(history, part.gates, regions.layers, moments.map(momentWords))}
      svg={() => pointSvg(history, part.gates, regions.layers, colors)}
    >
      <PlaceFields plane={plane} which="point" />
      <p>
        {last && `${momentWords(last)}: `}
        {history.open} of its {part.units} gates are open.{" "}
        <strong>
          {history.flips} flip{history.flips === 1 ? "" : "s"}
        </strong>{" "}
        from epoch to epoch ({regions.layers.map((_, i) => `layer ${i + 1}: ${history.byLayer[i]}`).join(", ")}),
        through {history.regions} region{history.regions === 1 ? "" : "s"}.
      </p>
      <Barcode
        history={history}
        gates={part.gates}
        layers={regions.layers}
        colors={colors}
        label={placeText(plane.at.value)}
      />
    </Region>
  );
}

interface BarcodeProps {
  readonly history: PointHistory;
  readonly gates: Uint8Array;
  readonly layers: readonly { readonly units: number }[];
  readonly colors: PlaneColors;
  readonly label: string;
}

function Barcode({ history: { rows, units }, gates, layers, colors, label }: BarcodeProps) {
  const ofUnit = useMemo(() => layers.flatMap(({ units: own }, layer) => Array<number>(own).fill(layer)), [layers]);
  const strip = useMemo(
    () => (pixels: Uint8ClampedArray) => {
      for (let moment = 0; moment < rows; moment++)
        pixels.set([...regionColor(gates, moment * units, units, colors), 255], 4 * moment);
    },
    [rows, units, gates, colors],
  );
  const bars = useMemo(
    () => (pixels: Uint8ClampedArray) => {
      for (let unit = 0; unit < units; unit++) {
        const open = mixed(colors.paper, layerColor(colors, ofUnit[unit] ?? 0), 0.85);
        for (let moment = 0; moment < rows; moment++) {
          const color = gates[moment * units + unit] === 1 ? open : colors.panel;
          pixels.set([...color, 255], 4 * (unit * rows + moment));
        }
      }
    },
    [rows, units, gates, colors, ofUnit],
  );
  return (
    <div class="barcode">
      <Pixels class="strip" width={rows} height={1} paint={strip} label={`Regions of ${label} through the training`} />
      <Pixels
        class={units > 60 ? "bars many" : "bars"}
        width={rows}
        height={Math.max(1, units)}
        paint={bars}
        label={`Gates of ${label} through the training, a row a gate: the table has them`}
      />
    </div>
  );
}

const tableOf = (
  { rows, units, flipsAt }: PointHistory,
  gates: Uint8Array,
  layers: readonly { readonly name: string; readonly units: number }[],
  moments: readonly string[],
): Table => ({
  columns: ["moment", ...layers.map((_, i) => `gates of layer ${i + 1}`), "flips"],
  rows: Array.from({ length: rows }, (_, i) => [
    moments[i] ?? "",
    ...byLayer(layers, gates.subarray(i * units, (i + 1) * units)),
    flipsAt[i] ?? 0,
  ]),
});
