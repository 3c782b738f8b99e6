import { useMemo } from "preact/hooks";
import { mixed, type Palette } from "../figure/palette.ts";
import { Pixels } from "../figure/pixels.tsx";
import { Region } from "../figure/region.tsx";
import { numberText } from "../figure/table.tsx";
import { commandOf } from "./commands.ts";
import { type ExampleList, SEARCHED } from "./examples.ts";
import type { Explain } from "./explain.ts";
import { byPixel, viewOf } from "./input-view.ts";
import { SaveExamples } from "./save-examples.tsx";

/** The examples whose active sub-networks share most with the input's. */
export function NeighborsRegion({ explain }: { readonly explain: Explain }) {
  const [model, found, list] = [explain.model.value, explain.neighbors.value, explain.examples.value];
  // the input itself, where it is one of them, tells nothing
  const own = explain.input.value?.example;
  const others = found?.neighbors.filter(({ example }) => example !== own).slice(0, 8) ?? [];
  return (
    <Region
      name="Neighbors"
      lead={
        list !== undefined && list.count > 1
          ? `Of ${Math.min(list.count, SEARCHED)} examples those that share most active paths with the input; 1 is all of them.`
          : "Open an array of several inputs, and those that share most active paths with one are found among them."
      }
      command={found === undefined ? undefined : commandOf(explain, "neighbors")}
      table={
        found === undefined
          ? undefined
          : () => ({
              columns: ["example", "similarity", "shared gates"],
              rows: others.map(({ example, similarity, sharedGates }) => [example, similarity, sharedGates]),
            })
      }
    >
      <ol class="neighbors">
        {model !== undefined &&
          list !== undefined &&
          others.map(({ example, similarity }) => (
            <li key={example}>
              <button
                type="button"
                class="thumb"
                onClick={() => explain.choose(example)}
                aria-label={`Show example ${example}`}
              >
                <Thumbnail shape={model.inputShape} list={list} example={example} palette={explain.palette.value} />
              </button>
              <span class="number">{numberText(similarity)}</span>
            </li>
          ))}
      </ol>
      {found !== undefined && <SaveExamples explain={explain} most={SEARCHED} of="Neighbors" />}
    </Region>
  );
}

interface ThumbnailProps {
  readonly shape: readonly number[];
  readonly list: ExampleList;
  readonly example: number;
  readonly palette: Palette;
}

/** An example, small. */
export function Thumbnail({ shape, list, example, palette }: ThumbnailProps) {
  const view = useMemo(() => viewOf(shape), [shape]);
  const paint = useMemo(() => {
    const data = list.data.subarray(example * list.size, (example + 1) * list.size);
    const gray = view.kind === "image" ? byPixel(view, Float64Array.from(data)) : data;
    return (pixels: Uint8ClampedArray): void => {
      const [low, high] = gray.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [0, 0]);
      gray.forEach((one, i) => {
        const color = mixed(palette.panel, palette.ink, high > low ? (one - low) / (high - low) : 0);
        pixels.set([...color, 255], 4 * i);
      });
    };
  }, [view, list, example, palette]);
  const [width, height] = view.kind === "image" ? [view.width, view.height] : [view.count, 1];
  const label = list.labels?.[example];
  return (
    <Pixels
      width={width}
      height={height}
      paint={paint}
      label={`example ${example}${label === undefined ? "" : `, a ${label}`}`}
    />
  );
}
