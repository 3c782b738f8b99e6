import { useMemo } from "preact/hooks";
import { mixed, type Palette, signedColor } from "../figure/palette.ts";
import { Pixels } from "../figure/pixels.tsx";
import { Region } from "../figure/region.tsx";
import { commandOf } from "./commands.ts";
import type { Explain } from "./explain.ts";
import { gatesSvg } from "./gates-svg.ts";
import { type Grid, gridOf } from "./grid.ts";
import type { LayerPart, LayerWords } from "./topics.ts";

/** The gates of each layer, one pixel each: empty where it is shut, colored by what flows through it where it is open. */
export function GatesRegion({ explain }: { readonly explain: Explain }) {
  const [model, flow, palette] = [explain.model.value, explain.flow.value, explain.palette.value];
  if (model === undefined || flow === undefined) return null;
  return (
    <Region
      name="Gates"
      lead="A gate is open or shut. Each cell is one: empty where it is shut, colored by what flows through it to the output where it is open."
      command={commandOf(explain, "gates")}
      table={() => ({
        columns: ["layer", "unit", "gate", "flow"],
        rows: model.layers.flatMap(({ name }, i) =>
          Array.from(flow.layers[i]?.gates ?? [], (gate, unit) => [name, unit, gate, flow.layers[i]?.flow[unit] ?? 0]),
        ),
      })}
      svg={() => gatesSvg(model.layers, flow.layers, palette)}
    >
      <div class="layers">
        {model.layers.map((words, i) => {
          const part = flow.layers[i];
          return part === undefined ? null : (
            <LayerGates key={words.position} words={words} part={part} place={i + 1} palette={palette} />
          );
        })}
      </div>
    </Region>
  );
}

interface LayerGatesProps {
  readonly words: LayerWords;
  readonly part: LayerPart;
  readonly place: number;
  readonly palette: Palette;
}

function LayerGates({ words, part, place, palette }: LayerGatesProps) {
  const grid = useMemo(() => gridOf(words.shape), [words]);
  const paint = useMemo(
    () =>
      (pixels: Uint8ClampedArray): void =>
        paintGates(pixels, grid, part, palette),
    [grid, part, palette],
  );
  const open = part.gates.reduce((sum, gate) => sum + (gate > 0 ? 1 : 0), 0);
  const [channels, height, width] = words.shape;
  const title = words.shape.length === 3 ? `${channels} maps of ${height}×${width}` : `${part.gates.length} units`;
  return (
    <figure class={words.shape.length === 3 ? "maps" : "vector"}>
      <Pixels
        width={grid.width}
        height={grid.height}
        paint={paint}
        label={`${words.kind === "gates" ? "Gates" : "Max-pool"} of layer ${place}: ${open} of ${part.gates.length} open`}
      />
      <figcaption>
        layer {place} <span>{title}</span>{" "}
        <span>
          {open} {words.kind === "gates" ? "open" : "pass"}
        </span>
      </figcaption>
    </figure>
  );
}

/** Shut gates are not painted at all. */
export function paintGates(
  pixels: Uint8ClampedArray,
  { width, placeOf }: Grid,
  part: LayerPart,
  palette: Palette,
): void {
  const largest = part.flow.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  const ground = mixed(palette.paper, palette.muted, 0.45);
  part.gates.forEach((gate, unit) => {
    if (gate === 0) return;
    const [column, row] = placeOf(unit);
    const [red, green, blue] = signedColor(palette, ground, (part.flow[unit] ?? 0) / largest);
    const at = 4 * (row * width + column);
    pixels[at] = red;
    pixels[at + 1] = green;
    pixels[at + 2] = blue;
    pixels[at + 3] = 255;
  });
}
