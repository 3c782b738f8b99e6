import { largestOf } from "../graph/index.ts";
import { REGIMES } from "../network/index.ts";
import type { Curve } from "./curves.ts";
import type { SpectrumSums } from "./drawn-kernels.ts";
import { type Figure, figureOf } from "./figure.ts";
import type { RegimeGroup } from "./gathered-runs.ts";
import { kernelMoves } from "./kernel-moves.ts";
import { type Line, linePanel } from "./line-panel.ts";
import { REGIME_COLORS } from "./palette.ts";
import { logarithmic } from "./scales.ts";

const [WIDTH, HEIGHT] = [120, 150];
/** Of a line: on a logarithmic axis of 120 pixels more show nothing. */
const MOST_POINTS = 40;

/** Eigenvalues before and after training, one figure a regime, with common logarithmic axes. */
export function kernelSpectrumFigures(groups: readonly RegimeGroup[]): readonly Figure[] {
  const measured = groups.filter((group) => group.drawn.kernels.count > 0);
  const byRegime = measured.map((group): readonly Line[] => {
    const color = REGIME_COLORS[group.regime];
    const { first, last } = group.drawn.kernels.spectra;
    const line = (label: string, spectrum: SpectrumSums) => ({ label, color, curve: spectrumCurve(spectrum) });
    return kernelMoves(group)
      ? [{ ...line("before", first), dashed: true }, line("after", last)]
      : [line("fixed", first)];
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
function spectrumCurve(spectrum: SpectrumSums): Curve {
  const places = Array.from({ length: MOST_POINTS }, (_, i) => Math.round(spectrum.count ** (i / (MOST_POINTS - 1))));
  return [...new Set(places)].flatMap((place) => {
    const sums = spectrum.at(place);
    return sums !== undefined && sums.least > 1e-9 ? [sums.point(place)] : [];
  });
}
