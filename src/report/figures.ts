import { accuracyFigures, lossFigures } from "./accuracy-figures.ts";
import type { Figure } from "./figure.ts";
import { gateFigures } from "./gate-figures.ts";
import { type GatheredInput, gathered } from "./gathered-runs.ts";
import { kernelFigures } from "./kernel-figures.ts";
import { kernelMapFigures } from "./kernel-map-figure.ts";
import { kernelSpectrumFigures } from "./kernel-spectrum-figure.ts";
import type { ReportInput } from "./report-input.ts";
import { regimeResults, resultsFigures } from "./results-figure.ts";

/** Figures of a report by the section they stand in; a list is empty if there is nothing to draw. */
export interface ReportFigures {
  readonly results: readonly Figure[];
  readonly accuracy: readonly Figure[];
  readonly loss: readonly Figure[];
  readonly gates: readonly Figure[];
  readonly kernelMaps: readonly Figure[];
  readonly kernels: readonly Figure[];
  readonly spectra: readonly Figure[];
}

export function reportFigures({ runs, published, comparable }: GatheredInput): ReportFigures {
  const groups = runs.groups();
  return {
    results: resultsFigures(regimeResults(runs.rows(published)), comparable),
    accuracy: accuracyFigures(groups),
    loss: lossFigures(groups),
    gates: gateFigures(groups),
    kernelMaps: kernelMapFigures(groups),
    kernels: kernelFigures(groups),
    spectra: kernelSpectrumFigures(groups),
  };
}

/** All figures of a report, as it shows them; none of what nothing was measured of. */
export const figuresOf = (input: ReportInput): readonly Figure[] => listOfFigures(gathered(input));

export function listOfFigures(input: GatheredInput): readonly Figure[] {
  const { results, accuracy, loss, gates, kernelMaps, kernels, spectra } = reportFigures(input);
  return [...results, ...accuracy, ...loss, ...gates, ...kernelMaps, ...kernels, ...spectra];
}
