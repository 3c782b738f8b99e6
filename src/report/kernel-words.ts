import { largestOf } from "../graph/index.ts";
import { REGIMES } from "../network/index.ts";
import { bandWords } from "./accuracy-figures.ts";
import { listed } from "./answer.ts";
import type { RegimeGroup } from "./gathered-runs.ts";
import { kernelMoves } from "./kernel-moves.ts";

/** What is said of the kernels, each a text without markup. */
export interface KernelWords {
  /** What one sees. */
  readonly seen: string;
  /** How it was measured and what was not; empty if there is nothing to say. */
  readonly notes: string;
  /** Captions. */
  readonly maps: string;
  readonly spectrum: string;
}

export function kernelWords(groups: readonly RegimeGroup[]): KernelWords {
  const moving = groups.filter(kernelMoves);
  const fixed = groups.filter((group) => !kernelMoves(group));
  return {
    seen: [...moving.flatMap(movingSentence), ...fixedSentence(fixed)].join(" "),
    notes: notesOf(groups).join(" "),
    maps: "Path kernel of the same training examples, sorted by class, one seed a regime. In units of the mean diagonal; the steps of color are equal factors, and the same in all maps.",
    spectrum: `Eigenvalues of the kernel divided by its trace, largest first. ${moving.length === 0 ? "" : "Dashed: before training. Solid: after it. "}Means over the runs; all axes are the same and logarithmic.${bandWords(groups)}`,
  };
}

function movingSentence(group: RegimeGroup): readonly string[] {
  const { kernels } = group.drawn;
  const [alignment, nu, rank] = [kernels.change("alignment"), kernels.change("nu"), kernels.change("rank")];
  if (alignment === undefined || nu === undefined || rank === undefined || !kernels.isTrained) return [];
  return [
    `While ${REGIMES[group.regime].title} trains, the alignment of its kernel with the labels ${changed(alignment, (value) => value.toFixed(2))}, ` +
      `ν ${changed(nu, (value) => Number(value.toPrecision(3)).toLocaleString("en-US"))}, ` +
      `and its effective rank ${changed(rank, (value) => String(Math.round(value)))}.`,
  ];
}

/** Compared as they are written, so that nothing rises from 0.40 to 0.40. */
function changed(
  { first, last }: { readonly first: number; readonly last: number },
  written: (value: number) => string,
): string {
  const [before, after] = [written(first), written(last)];
  if (before === after) return `stays at ${before}`;
  return `${last > first ? "rises" : "falls"} from ${before} to ${after}`;
}

function fixedSentence(fixed: readonly RegimeGroup[]): readonly string[] {
  const parts = fixed.flatMap((group) => {
    const alignment = group.drawn.kernels.change("alignment");
    return alignment === undefined ? [] : [`${alignment.first.toFixed(2)} for ${REGIMES[group.regime].title}`];
  });
  return parts.length === 0
    ? []
    : [`Behind fixed gates the kernel stays what it was: its alignment is ${listed(parts)}.`];
}

function notesOf(groups: readonly RegimeGroup[]): readonly string[] {
  const kernels = groups.map(({ drawn }) => drawn.kernels);
  const examples = [...new Set(kernels.flatMap((one) => [...one.examples]))].sort((a, b) => a - b);
  const jitter = largestOf(
    kernels.map((one) => one.jitter),
    0,
  );
  const bits = groups.filter(({ drawn }) => drawn.kernels.hasBits);
  const reasons = new Set(kernels.flatMap(({ unmeasured }) => [...unmeasured]));
  return [
    ...(examples.length === 0
      ? []
      : [
          `Measured on the first training examples of each class, ${listed(examples.map(String))} in all, before training, after epochs 1, 2, 4, 8 and so on, and after the last; for ν, ${jitter.toExponential(0)} of the mean diagonal was added to it.`,
        ]),
    ...(bits.length === 0
      ? []
      : [
          `The exact kernel of the soft gates of ${listed(bits.map(({ regime }) => REGIMES[regime].title))} would have taken too long: they are taken as bits, on where their pre-activation is positive.`,
        ]),
    ...[...reasons].map((reason) => `Not measured: ${reason}.`),
  ];
}
