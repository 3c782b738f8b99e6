export { activeNetworkSvg } from "./active-network-figure.ts";
export { type ComparisonPageParts, comparisonPage } from "./comparison-page.ts";
export type { Setting } from "./configuration.ts";
export { type ExperimentMaking, type ExperimentPage, type PageTable, renderExperimentPage } from "./experiment-page.ts";
export type { Figure } from "./figure.ts";
export { figuresOf } from "./figures.ts";
export { findingsPage } from "./findings-page.ts";
export { type FlowFigure, flowSvg } from "./flow-figure.ts";
export { type InfluenceFigure, influenceSvg } from "./influence-figure.ts";
export { type ObliquePageParts, obliquePage } from "./oblique-page.ts";
export type { Theme } from "./palette.ts";
export { recolored } from "./palette.ts";
export { renderSvg, type Warn } from "./render-svg.ts";
export { renderReport } from "./report.ts";
export {
  REPORT_PAGE,
  type ReportContent,
  type ReportFile,
  type ReportMaking,
  reportContent,
  reportFiles,
} from "./report-files.ts";
export type { ExplainedRun, ReportInput, ReportTrial } from "./report-input.ts";
export type {
  AxisSpec,
  FieldSpec,
  FigureConfig,
  FigureSpec,
  LayerSpec,
  MarkSpec,
  PanelSpec,
  PixelSpec,
} from "./specification.ts";
export { theoremFigure } from "./theorem-figure.ts";
export { type TheoremPageParts, theoremPage } from "./theorem-page.ts";
export { type WatchedFigureParts, watchedFigure } from "./watched-figure.ts";
export { type WatchedPageParts, watchedPage } from "./watched-page.ts";
