import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { mixed, type Palette } from "../figure/palette.ts";
import { Pixels } from "../figure/pixels.tsx";
import { Region } from "../figure/region.tsx";
import { type TrainedRegime, titleOf } from "./settings.ts";
import type { CoursePart } from "./topics.ts";

const DIGITS = Array.from({ length: 10 }, (_, i) => String(i));

interface KernelProps {
  readonly course: CoursePart;
  readonly regime: TrainedRegime;
  readonly palette: Palette;
}

/** How much of their active paths examples of two classes share, epoch by epoch. */
export function ClassKernelRegion({ course: { lanes, data }, regime, palette }: KernelProps) {
  const classes = data?.classes ?? DIGITS;
  const wanted = useSignal<number | undefined>(undefined);
  const epochs = lanes.find((lane) => lane.regime === regime)?.epochs ?? [];
  const at = Math.min(wanted.value ?? epochs.length, epochs.length);
  const kernel = epochs[at - 1]?.kernel;
  const paint = useMemo(
    () =>
      (pixels: Uint8ClampedArray): void => {
        if (kernel === undefined) return;
        const [least, most] = rangeOf(kernel);
        kernel.forEach((share, place) => {
          const dark = most > least ? ((share || least) - least) / (most - least) : 0;
          pixels.set([...mixed(palette.panel, palette.ink, dark), 255], 4 * place);
        });
      },
    [kernel, palette],
  );
  const means = epochs.map((epoch) => meansOf(epoch.kernel, classes.length));
  const [first, now] = [means[0], means[at - 1]];
  return (
    <Region
      name="Kernel by class"
      lead={`The part of the neural path kernel that the gates make: which share of their active paths two examples have in common, here of each two classes, in the ${titleOf(regime)} network. A dark diagonal: a class has paths of its own.`}
      table={() => ({
        columns: ["regime", "epoch", "class", ...classes],
        rows: lanes.flatMap((lane) =>
          lane.epochs.flatMap(({ kernel: one }, i) =>
            classes.map((name, row) => [
              titleOf(lane.regime),
              i + 1,
              name,
              ...one.subarray(row * classes.length, (row + 1) * classes.length),
            ]),
          ),
        ),
      })}
    >
      {kernel === undefined || first === undefined || now === undefined ? (
        <p class="note">It comes with the first epoch.</p>
      ) : (
        <>
          <Pixels
            width={classes.length}
            height={classes.length}
            paint={paint}
            label={`Shared paths by class after epoch ${at}`}
            class="kernel"
          />
          <p class="controls">
            <label>
              Epoch{" "}
              <input
                type="range"
                min={1}
                max={epochs.length}
                value={at}
                onInput={({ currentTarget }) => {
                  wanted.value = Number(currentTarget.value);
                }}
              />{" "}
              {at}
            </label>
          </p>
          <p class="note">
            From {rangeOf(kernel).map(share).join(" (light) to ")} (dark). Within a class {share(now.within)} in the
            mean, between classes {share(now.between)}; after the first epoch {share(first.within)} and{" "}
            {share(first.between)}.
          </p>
        </>
      )}
    </Region>
  );
}

const share = (value: number): string => `${(100 * value).toPrecision(2)} %`;

const rangeOf = (kernel: Float64Array): readonly [least: number, most: number] =>
  kernel.reduce<[number, number]>(([a, b], one) => [Math.min(a, one || 1), Math.max(b, one || 0)], [1, 0]);

function meansOf(kernel: Float64Array, classes: number): { readonly within: number; readonly between: number } {
  const within = { sum: 0, count: 0 };
  const between = { sum: 0, count: 0 };
  kernel.forEach((one, place) => {
    if (Number.isNaN(one)) return;
    const of = Math.floor(place / classes) === place % classes ? within : between;
    of.sum += one;
    of.count += 1;
  });
  return { within: within.sum / within.count, between: between.sum / between.count };
}
