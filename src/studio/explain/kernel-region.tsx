import { useMemo } from "preact/hooks";
import { mixed } from "../figure/palette.ts";
import { Pixels } from "../figure/pixels.tsx";
import { Region } from "../figure/region.tsx";
import { commandOf } from "./commands.ts";
import type { Explain } from "./explain.ts";
import { SaveExamples } from "./save-examples.tsx";

/** The neural path kernel of some examples: how much each two share, inputs and paths together. */
export function KernelRegion({ explain }: { readonly explain: Explain }) {
  const [found, list, palette] = [explain.kernel.value, explain.examples.value, explain.palette.value];
  const order = useMemo(() => orderOf(found?.kernel.length ?? 0, list?.labels), [found, list]);
  const count = order.length;
  const kernel = found?.kernel;
  const paint = useMemo(
    () =>
      (pixels: Uint8ClampedArray): void => {
        if (kernel === undefined) return;
        const diagonal = order.map((_, i) => Math.sqrt(kernel[i * count + i] ?? 0) || 1);
        order.forEach((row, y) => {
          order.forEach((column, x) => {
            const share = (kernel[row * count + column] ?? 0) / ((diagonal[row] ?? 1) * (diagonal[column] ?? 1));
            pixels.set(
              [...mixed(palette.panel, palette.ink, Math.min(1, Math.max(0, share)) ** 0.5), 255],
              4 * (y * count + x),
            );
          });
        });
      },
    [kernel, order, count, palette],
  );
  return (
    <Region
      name="Kernel"
      lead={
        list?.labels === undefined
          ? "The neural path kernel of the examples: inputs times shared active paths, by the diagonal."
          : "The neural path kernel of some examples, by the diagonal, sorted by class: dark blocks are classes that share gates."
      }
      command={kernel === undefined ? undefined : commandOf(explain, "npk")}
      table={
        kernel === undefined
          ? undefined
          : () => ({
              columns: ["example", ...Array.from({ length: count }, (_, i) => String(i))],
              rows: Array.from({ length: count }, (_, i) => [i, ...kernel.subarray(i * count, (i + 1) * count)]),
            })
      }
    >
      {kernel !== undefined && (
        <Pixels
          width={count}
          height={count}
          paint={paint}
          label={`Neural path kernel of ${count} examples`}
          class="kernel"
        />
      )}
      {kernel !== undefined && <SaveExamples explain={explain} most={explain.inKernel} of="Kernel" />}
    </Region>
  );
}

/** Examples by class, where they have labels. */
function orderOf(entries: number, labels: readonly number[] | undefined): readonly number[] {
  const order = Array.from({ length: Math.round(Math.sqrt(entries)) }, (_, i) => i);
  return labels === undefined ? order : order.sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0) || a - b);
}
