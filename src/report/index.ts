export { activeNetworkSvg } from "./active-network-figure.ts";
export type { Figure } from "./figure.ts";
export { figuresOf } from "./figures.ts";
export { renderSvg } from "./render-svg.ts";
export { renderReport } from "./report.ts";
export type { ReportInput, ReportTrial } from "./report-input.ts";
export { theoremFigure } from "./theorem-figure.ts";
export { watchedFigure } from "./watched-figure.ts";
