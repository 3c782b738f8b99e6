import { customProperties } from "./palette.ts";

/** The page's style sheet: light, dark, phone and paper. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${customProperties("light")} }
@media (prefers-color-scheme: dark) { :root { ${customProperties("dark")} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { margin: 0 0 .75rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 2.75rem 0 .75rem; padding-top: .6rem; border-top: 1px solid var(--rule); font-size: 1.2rem; line-height: 1.3; }
h3 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p, ul { max-width: 44rem; margin: 0 0 .75rem; }
ul { padding-left: 1.2rem; }
.answer { font-size: 1.15rem; }
.question, .note, footer { color: var(--muted); }
.alert, .warning { color: var(--alert); }
.regime { font-weight: 600; white-space: nowrap; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll:focus-visible { outline: 2px solid var(--relu); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .9rem; line-height: 1.4; }
.note { margin-top: .6rem; font-size: .875rem; line-height: 1.45; }
.note strong { color: var(--ink); }
a { color: inherit; }
th, td { padding: .35rem 1.4rem .35rem 0; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: baseline; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-weight: 500; border-bottom-color: var(--muted); vertical-align: bottom; }
tbody th { font-weight: 500; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody .number { white-space: nowrap; }
.words { white-space: nowrap; }
.strong { font-weight: 600; }
.std { color: var(--muted); font-weight: 400; }
.settings th { color: var(--muted); }
.message { overflow-wrap: anywhere; }
figure { margin: 0; min-width: 0; }
figcaption { margin-top: .4rem; max-width: 44rem; color: var(--muted); font-size: .875rem; line-height: 1.45; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.5rem 3rem; margin-top: 1.75rem; align-items: start; }
.pair svg { max-width: 30rem; }
.small, .tall { display: grid; gap: 1rem 1.25rem; margin-bottom: .75rem; }
.tall { margin-top: 1.25rem; }
.small { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
.small svg { max-width: 15rem; }
.tall { grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: 2rem; }
.tall svg { max-width: 26rem; }
code, pre { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; font-size: .875em; }
pre { margin: 0 0 .75rem; padding: .75rem 1rem; background: var(--panel); border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; }
footer { margin-top: 2.5rem; padding-top: .75rem; border-top: 1px solid var(--rule); font-size: .875rem; }
@media (max-width: 40rem) {
  main { padding: 1.25rem 1rem 2rem; }
  h1 { font-size: 1.4rem; }
  .answer { font-size: 1.05rem; }
  th, td { padding-right: 1rem; }
}
@media print {
  :root { color-scheme: light; ${customProperties("light")} }
  @page { margin: 15mm; }
  html { font-size: 9pt; }
  body { font-size: 1rem; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  h2, h3, p:has(+ figure) { break-after: avoid; }
  figure, svg, tr, pre, li, p, .settings { break-inside: avoid; }
  th, td { padding-top: .2rem; padding-bottom: .2rem; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  .pair { grid-template-columns: 1fr 1fr; gap: 8mm; margin-top: 1rem; }
  .small { grid-template-columns: repeat(5, 1fr); gap: 3mm; }
  .tall { grid-template-columns: repeat(3, 1fr); gap: 5mm; }
  h2 { margin-top: 1.5rem; }
  .words { white-space: normal; }
}
`.trim();
