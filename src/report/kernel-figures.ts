import { largestOf } from "../graph/index.ts";
import { REGIMES } from "../network/index.ts";
import { bandWords, unfinishedWords } from "./accuracy-figures.ts";
import type { Curve } from "./curves.ts";
import type { KernelNumberName } from "./drawn-kernels.ts";
import { type Figure, figureOf } from "./figure.ts";
import type { RegimeGroup } from "./gathered-runs.ts";
import { kernelMoves } from "./kernel-moves.ts";
import { epochAxis, type Line, linePanel } from "./line-panel.ts";
import { REGIME_COLORS } from "./palette.ts";
import { fitted, logarithmic, type Scale } from "./scales.ts";

interface KernelNumber {
  readonly name: string;
  readonly title: string;
  readonly words: string;
  readonly measure: KernelNumberName;
  readonly scaleOf: (values: readonly number[], height: number) => Scale;
  readonly vertical: "linear" | "logarithmic";
}

const NUMBERS: readonly KernelNumber[] = [
  {
    name: "kernel-nu",
    title: "ν of the path kernel",
    words:
      "How hard the labels are for the kernel: ν = yᵀĤ⁻¹y, each class against the others, mean over the classes. Smaller is easier; n² for n examples that share no path. Logarithmic axis.",
    measure: "nu",
    scaleOf: logarithmic,
    vertical: "logarithmic",
  },
  {
    name: "kernel-alignment",
    title: "Alignment with the labels",
    words:
      "Cosine between the kernel and the one that is 1 within a class and 0 between classes, both centered; 1 is best.",
    measure: "alignment",
    scaleOf: (values, height) => fitted(values, height, 0.01),
    vertical: "linear",
  },
  {
    name: "kernel-rank",
    title: "Effective rank of the kernel",
    words: "Directions that the kernel really has: e to the entropy of its spectrum.",
    measure: "rank",
    scaleOf: (values, height) => fitted(values, height, 1),
    vertical: "linear",
  },
];

const [WIDTH, HEIGHT] = [190, 150];

/** ν, alignment and effective rank of all regimes over the epochs. */
export function kernelFigures(groups: readonly RegimeGroup[]): readonly Figure[] {
  const measured = groups.filter((group) => group.drawn.kernels.count > 0);
  if (measured.length === 0) return [];
  const last = largestOf(
    measured.map(({ drawn }) => drawn.lastEpoch),
    1,
  );
  return NUMBERS.map(({ name, title, words, measure, scaleOf, vertical }) => {
    const lines = measured.map(
      (group): Line => ({
        label: REGIMES[group.regime].title,
        color: REGIME_COLORS[group.regime],
        curve: kernelCurve(group, measure, last),
      }),
    );
    const values = lines.flatMap(({ curve }) => curve.flatMap(({ low, high }) => [low, high]));
    const scale = scaleOf(values, HEIGHT);
    return figureOf({
      name,
      title,
      caption: `${words}${bandWords(measured)}${unfinishedWords(measured)}`,
      margin: { top: 34, right: 80, bottom: 36, left: 46 },
      panels: [
        linePanel({ lines, width: WIDTH, height: HEIGHT, scale, vertical, horizontal: epochAxis(lines, WIDTH) }),
      ],
    });
  });
}

/** Mean and range over the trials at each measured epoch; fixed gates keep to the end what they were measured with. */
function kernelCurve(group: RegimeGroup, measure: KernelNumberName, last: number): Curve {
  const points = group.drawn.kernels.curve(measure);
  const [only] = points;
  return kernelMoves(group) || only === undefined ? points : [only, { ...only, at: last }];
}
