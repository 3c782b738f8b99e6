import { useMemo } from "preact/hooks";
import type { Palette } from "../figure/palette.ts";
import { Pixels } from "../figure/pixels.tsx";
import { Region } from "../figure/region.tsx";
import { numberText, signed } from "../figure/table.tsx";
import { commandOf } from "./commands.ts";
import type { Explain } from "./explain.ts";
import { byPixel, type ImageView, viewOf } from "./input-view.ts";
import { paintMap } from "./paint-map.ts";

/** Why another input gives another output: what is kept, gained and lost, and the gates that differ. */
export function CompareRegion({ explain }: { readonly explain: Explain }) {
  const [model, input, reference, split, list] = [
    explain.model.value,
    explain.input.value,
    explain.reference.value,
    explain.compare.value,
    explain.examples.value,
  ];
  const palette = explain.palette.value;
  const view = useMemo(() => viewOf(model?.inputShape ?? []), [model]);
  if (model === undefined || input === undefined) return null;
  const flow = explain.flow.value;
  return (
    <Region
      name="Compare"
      lead={
        split === undefined || flow === undefined
          ? "Two inputs give two outputs. The difference is what the paths that both open give more or less, what is gained by paths that only this one opens, and what is lost with those that it closes."
          : `This input gives ${numberText(flow.value)}, the other ${numberText(split.value)}. The difference is what shared paths give more or less, what new paths gain, and what is lost with paths that closed.`
      }
      command={split === undefined ? undefined : commandOf(explain, "compare")}
      table={
        split === undefined
          ? undefined
          : () => ({
              columns: ["layer", "unit", "gained", "lost"],
              rows: split.gates.map(({ layer, unit, gained, lost }) => [layer, unit, gained, lost]),
            })
      }
    >
      <div class="controls">
        {list !== undefined && list.count > 1 && (
          <label>
            Compare with example{" "}
            <input
              type="number"
              min={0}
              max={list.count - 1}
              value={reference?.example ?? ""}
              onInput={({ currentTarget: { value } }) => {
                if (value !== "") explain.compareWith(Number(value));
              }}
            />
          </label>
        )}
        <button
          type="button"
          onClick={() => {
            explain.reference.value = explain.input.value;
          }}
        >
          Keep this input to compare with
        </button>
      </div>
      {split !== undefined && flow !== undefined && reference !== undefined && (
        <>
          {view.kind === "image" && (
            <div class="four">
              <SplitMap
                view={view}
                data={reference.data}
                base={reference.data}
                palette={palette}
                label="the other input"
                plain
              />
              <SplitMap
                view={view}
                data={split.keptByInput}
                base={split.input}
                palette={palette}
                label={`kept ${signed(split.kept)}`}
              />
              <SplitMap
                view={view}
                data={split.gainedByInput}
                base={split.input}
                palette={palette}
                label={`gained ${signed(split.gained)}`}
              />
              <SplitMap
                view={view}
                data={split.lostByInput}
                base={reference.data}
                palette={palette}
                label={`lost ${signed(-split.lost)}`}
              />
            </div>
          )}
          <p>
            <span class="equation">
              {signed(flow.value - split.value)} = {signed(split.kept)} kept {signed(split.gained)} gained{" "}
              {signed(-split.lost)} lost
            </span>
          </p>
          <p class="note">
            Shared paths hold {(100 * split.keptMassShare).toPrecision(3)} % of this input's mass.{" "}
            {split.flipped
              .map(({ flipped, units }, i) => `Layer ${i + 1}: ${flipped} of ${units} gates differ.`)
              .join(" ")}
          </p>
        </>
      )}
    </Region>
  );
}

interface SplitMapProps {
  readonly view: ImageView;
  readonly data: Float64Array;
  readonly base: Float64Array;
  readonly palette: Palette;
  readonly label: string;
  readonly plain?: boolean;
}

function SplitMap({ view, data, base, palette, label, plain = false }: SplitMapProps) {
  const paint = useMemo(
    () =>
      (pixels: Uint8ClampedArray): void =>
        paintMap(pixels, plain ? undefined : byPixel(view, data), byPixel(view, base), palette),
    [view, data, base, palette, plain],
  );
  return (
    <figure>
      <Pixels width={view.width} height={view.height} paint={paint} label={label} />
      <figcaption>{label}</figcaption>
    </figure>
  );
}
