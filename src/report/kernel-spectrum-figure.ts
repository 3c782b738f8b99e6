import { largestOf, smallestOf } from "../graph/index.ts";
import { REGIMES } from "../network/index.ts";
import type { KernelMeasurement } from "../runs/index.ts";
import { type Curve, pointOf } from "./curves.ts";
import { type Figure, figureOf } from "./figure.ts";
import { kernelMoves, kernelTrials } from "./kernel-trials.ts";
import { type Line, linePanel } from "./line-panel.ts";
import { REGIME_COLORS } from "./palette.ts";
import type { RegimeGroup } from "./report-input.ts";
import { logarithmic } from "./scales.ts";

const [WIDTH, HEIGHT] = [120, 150];
/** Of a line: on a logarithmic axis of 120 pixels more show nothing. */
const MOST_POINTS = 40;

/** Eigenvalues before and after training, one figure a regime, with common logarithmic axes. */
export function kernelSpectrumFigures(groups: readonly RegimeGroup[]): readonly Figure[] {
  const measured = groups.filter((group) => kernelTrials(group).length > 0);
  const byRegime = measured.map((group): readonly Line[] => {
    const color = REGIME_COLORS[group.regime];
    const line = (label: string, choose: (all: readonly KernelMeasurement[]) => KernelMeasurement | undefined) => ({
      label,
      color,
      curve: spectrumCurve(kernelTrials(group).flatMap(({ kernels }) => choose(kernels.measurements) ?? [])),
    });
    return kernelMoves(group)
      ? [{ ...line("before", (all) => all[0]), dashed: true }, line("after", (all) => all.at(-1))]
      : [line("fixed", (all) => all[0])];
  });
  const curves = byRegime.flatMap((lines) => lines.map(({ curve }) => curve));
  const scale = logarithmic(
    curves.flatMap((curve) => curve.flatMap(({ low, high }) => [low, high])),
    HEIGHT,
  );
  const most = largestOf(
    curves.map((curve) => curve.at(-1)?.at ?? 1),
    2,
  );
  return measured.map((group, i) =>
    figureOf({
      name: `kernel-spectrum-${group.regime}`,
      title: `Spectrum, ${REGIMES[group.regime].title}`,
      caption:
        "Eigenvalues of the path kernel divided by its trace, largest first, means over the runs. Both axes are logarithmic.",
      margin: { top: 32, right: 46, bottom: 36, left: 38 },
      panels: [
        linePanel({
          lines: byRegime[i] ?? [],
          width: WIDTH,
          height: HEIGHT,
          scale,
          vertical: "logarithmic",
          horizontal: {
            title: "eigenvalue",
            domain: [1, most],
            ticks: [1, 10, 100, 1000].filter((tick) => tick <= most),
            logarithmic: true,
          },
        }),
      ],
      color: REGIME_COLORS[group.regime],
    }),
  );
}

/** Mean and range of each eigenvalue over the runs; what rounding left at or below zero has no logarithm. */
function spectrumCurve(measurements: readonly KernelMeasurement[]): Curve {
  const count = smallestOf(measurements.map(({ eigenvalues }) => eigenvalues.length));
  const places = Array.from({ length: MOST_POINTS }, (_, i) => Math.round(count ** (i / (MOST_POINTS - 1))));
  return [...new Set(places)].flatMap((place) => {
    const values = measurements.map(({ eigenvalues }) => eigenvalues[place - 1] ?? 0);
    return values.every((value) => value > 1e-9) ? [pointOf(place, values)] : [];
  });
}
