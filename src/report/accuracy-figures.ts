import { REGIMES } from "../network/index.ts";
import { type Figure, figureOf } from "./figure.ts";
import type { RegimeGroup } from "./gathered-runs.ts";
import { epochAxis, type Line, linePanel } from "./line-panel.ts";
import { REGIME_COLORS } from "./palette.ts";
import { accuracyScale, logarithmic } from "./scales.ts";

/** Test accuracy of all regimes over the epochs. */
export function accuracyFigures(groups: readonly RegimeGroup[]): readonly Figure[] {
  const drawn = groups.filter((group) => group.drawn.count > 0);
  if (drawn.length === 0) return [];
  const lines = drawn.map(
    ({ regime, drawn: { error } }): Line => ({
      label: REGIMES[regime].title,
      color: REGIME_COLORS[regime],
      curve: error.curve(),
    }),
  );
  const [width, height] = [274, 230];
  const scale = accuracyScale(valuesOf(lines), height);
  const caption = [
    `Test accuracy after each epoch, mean over the runs.${bandWords(drawn)} The axis is logarithmic in the error:`,
    `halving it takes the same height everywhere.${unfinishedWords(drawn)}`,
  ].join(" ");
  return [
    figureOf({
      name: "accuracy",
      title: "Test accuracy, %",
      caption,
      margin: { top: 34, right: 76, bottom: 36, left: 30 },
      panels: [linePanel({ lines, width, height, scale, vertical: "errors", horizontal: epochAxis(lines, width) })],
    }),
  ];
}

/** Training and test loss over the epochs, one figure a regime, with common axes. */
export function lossFigures(groups: readonly RegimeGroup[]): readonly Figure[] {
  const drawn = groups.filter((group) => group.drawn.count > 0);
  const byRegime = drawn.map((group): readonly Line[] => {
    const color = REGIME_COLORS[group.regime];
    return [
      { label: "train", color, curve: group.drawn.trainLoss.curve() },
      { label: "test", color, curve: group.drawn.testLoss.curve(), dashed: true },
    ];
  });
  const [width, height] = [120, 150];
  const scale = logarithmic(valuesOf(byRegime.flat()), height);
  const horizontal = epochAxis(byRegime.flat(), width);
  return drawn.map((group, i) =>
    figureOf({
      name: `loss-${group.regime}`,
      title: `Loss, ${REGIMES[group.regime].title}`,
      caption: `Loss in training (solid, mean over the steps of an epoch) and on the test set (dashed), mean over the runs.${bandWords([group])} Logarithmic axis.${unfinishedWords([group])}`,
      margin: { top: 32, right: 38, bottom: 36, left: 32 },
      panels: [linePanel({ lines: byRegime[i] ?? [], width, height, scale, vertical: "logarithmic", horizontal })],
      color: REGIME_COLORS[group.regime],
    }),
  );
}

const valuesOf = (lines: readonly Line[]): readonly number[] =>
  lines.flatMap(({ curve }) => curve.flatMap(({ low, high }) => [low, high]));

export const bandWords = (groups: readonly RegimeGroup[]): string =>
  groups.some(({ drawn }) => drawn.count > 1) ? " Bands span the runs." : "";

/** Says whose curves are of runs that did not end. */
export function unfinishedWords(groups: readonly RegimeGroup[]): string {
  const titles = groups
    .filter(({ finished, drawn }) => finished.seconds.count === 0 && drawn.count > 0)
    .map(({ regime }) => REGIMES[regime].title);
  return titles.length === 0 ? "" : ` Of ${titles.join(" and ")} no run has finished: the curve is of what there is.`;
}
