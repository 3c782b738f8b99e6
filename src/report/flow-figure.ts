/**
 * What carries an output as a drawing: the input with its signed map, the weight layers as columns of dots, sized by what flows through
 * them in the color of its sign, and the edges that carry most of it between them. With a reference both inputs stand above it, with
 * what is kept, gained and lost by element.
 */
import { largestOf } from "../graph/index.ts";
import { inputShapeOf } from "../network/index.ts";
import type { PathFlow, ReferenceSplit } from "../paths/index.ts";
import { type FlowColumn, flowColumns } from "./flow-columns.ts";
import type { DrawnEdge } from "./flow-units.ts";
import { inputLayout, inputPanel } from "./input-panel.ts";
import { INK } from "./palette.ts";
import { hundredths, signColor, svgOf, svgText, svgTitle } from "./svg-text.ts";

const WIDTH = 760;
const HEIGHT = 420;
const MARGIN = { top: 56, right: 30, bottom: 40, left: 28 } as const;
const IMAGE = 200;
const SMALL = 122;

export interface FlowFigure {
  readonly flow: PathFlow;
  /** Elements of the input, as the network reads them. */
  readonly input: ArrayLike<number>;
  /** The difference to another input, that input, and what it is called. */
  readonly reference?:
    | { readonly split: ReferenceSplit; readonly input: ArrayLike<number>; readonly title: string }
    | undefined;
  /** Behind the figure's name: which example. */
  readonly title: string;
}

/** The drawing as SVG, light on white; `recolored` makes the dark one of it. Texts are in a font of the system. */
export function flowSvg(figure: FlowFigure): string {
  const { flow, input, reference, title } = figure;
  const { columns, edges } = flowColumns(flow.passes, flow.inputFlow);
  const layout = inputLayout(inputShapeOf(flow.passes.graph.network));
  const comparison = reference === undefined ? { svg: "", height: 0 } : comparisonRow(figure, MARGIN.top);
  const top = MARGIN.top + comparison.height;
  const height = HEIGHT + comparison.height;
  const target = flow.against === null ? `output ${flow.output}` : `output ${flow.output} less output ${flow.against}`;
  const panel = inputPanel(
    {
      layout,
      values: input,
      map: flow.inputFlow,
      title: layout.kind === "image" ? "gradient × input" : "element: value",
    },
    { left: MARGIN.left, top: top + 30, size: IMAGE },
  );
  const caption =
    layout.kind === "image"
      ? [
          `signed flow through the pixels${layout.channels > 1 ? "," : ":"}`,
          ...(layout.channels > 1 ? ["summed over channels:"] : []),
          "gradient × input",
          ...(layout.note === "" ? [] : [layout.note]),
        ]
      : ["signed flow through the elements:", `gradient × input${flow.inputFlow.length > 12 ? ", the largest" : ""}`];
  const share = flow.mass === 0 ? "" : `, ${percent(Math.abs(flow.value) / flow.mass)} of the mass: the rest cancels`;
  const legend = `${target} = ${short(flow.value)}${share}. Blue adds, orange takes away, size as |flow|.`;
  return svgOf(WIDTH, height, `Flow, ${title}. ${legend}`, [
    svgTitle(MARGIN.left, 18, `Flow, ${title}`),
    svgText(MARGIN.left, 34, legend, "start", INK.muted.light),
    comparison.svg,
    panel.svg,
    ...caption.map((line, i) =>
      svgText(MARGIN.left, top + 30 + panel.height + 16 + 14 * i, line, "start", INK.muted.light),
    ),
    drawnColumns(columns, edges, top, height),
  ]);
}

function comparisonRow({ flow, input, reference, title }: FlowFigure, top: number) {
  if (reference === undefined) return { svg: "", height: 0 };
  const { split } = reference;
  const layout = inputLayout(inputShapeOf(flow.passes.graph.network));
  const isImage = layout.kind === "image";
  const full = largestOf(
    [split.keptByInput, split.gainedByInput, split.lostByInput].map((map) => largestOf(map.map(Math.abs), 0)),
    0,
  );
  const images = [
    { layout, values: input, title },
    { layout, values: reference.input, title: reference.title },
  ];
  const maps = [
    { layout, values: input, map: split.keptByInput, full, title: `kept ${signed(split.kept)}` },
    { layout, values: input, map: split.gainedByInput, full, title: `gained ${signed(split.gained)}` },
    { layout, values: reference.input, map: split.lostByInput, full, title: `lost ${signed(split.lost)}` },
  ];
  const panels = isImage ? [...images, ...maps] : maps;
  const size = isImage ? SMALL : 210;
  const step = (WIDTH - MARGIN.left - MARGIN.right + 16) / panels.length;
  const drawn = panels.map((panel, i) => inputPanel(panel, { left: MARGIN.left + i * step, top, size }));
  const height = largestOf(
    drawn.map((one) => one.height),
    0,
  );
  const words = `${short(flow.value)} here, ${short(split.value)} there: kept (paths open for both) + gained (open here alone) − lost (open there alone)`;
  const line = svgText(MARGIN.left, top + height + 16, words, "start", INK.muted.light);
  return { svg: drawn.map(({ svg }) => svg).join("") + line, height: height + 26 };
}

function drawnColumns(
  columns: readonly FlowColumn[],
  edges: readonly DrawnEdge[] | undefined,
  top: number,
  bottom: number,
): string {
  const left = MARGIN.left + IMAGE + 46;
  const [first, last] = [left, WIDTH - MARGIN.right - 14];
  const x = (column: number): number => first + ((last - first) * column) / Math.max(1, columns.length - 1);
  const y = (column: number, unit: number): number =>
    top + ((bottom - MARGIN.bottom - top - 10) * (unit + 0.5)) / (columns[column]?.units ?? 1);
  // of the output, and of an input of one channel, the only dot is the value itself
  const inner = columns.filter(({ drawn }) => drawn.length > 1);
  const most = largestOf(
    inner.flatMap(({ drawn }) => drawn.map(({ flow }) => Math.abs(flow))),
    0,
  );
  const widest = largestOf(
    (edges ?? []).map(({ flow }) => Math.abs(flow)),
    0,
  );
  const lines = [...(edges ?? [])]
    .sort((a, b) => Math.abs(a.flow) - Math.abs(b.flow))
    .map(({ from, to, flow }) => {
      const [x1, y1] = [x(from.column), y(from.column, from.unit)];
      const [x2, y2] = [x(to.column), y(to.column, to.unit)];
      const width = 0.4 + 4 * Math.sqrt(Math.abs(flow) / widest) ** 1.5;
      return `<line x1="${hundredths(x1)}" y1="${hundredths(y1)}" x2="${hundredths(x2)}" y2="${hundredths(y2)}" stroke="${signColor(flow)}" stroke-width="${hundredths(width)}" stroke-opacity="0.45"/>`;
    });
  const dots = columns.map(({ drawn }, column) =>
    drawn
      .map(({ unit, flow }) => {
        const share = most === 0 ? 0 : Math.min(1, Math.abs(flow) / most);
        const radius = 0.9 + 6 * Math.sqrt(share);
        const fill = share < 1e-4 ? INK.rule.light : signColor(flow);
        return `<circle cx="${hundredths(x(column))}" cy="${hundredths(y(column, unit))}" r="${hundredths(radius)}" fill="${fill}"/>`;
      })
      .join(""),
  );
  const crowded = columns.length > 14;
  const titles = columns.map(({ title, units, drawn }, column) => {
    if (crowded && column % 2 === 1 && column < columns.length - 1) return "";
    const count = drawn.length < units ? `${drawn.length} of ${units}` : String(units);
    return [
      svgText(x(column), bottom - MARGIN.bottom + 12, title, "middle", INK.ink.light),
      svgText(x(column), bottom - MARGIN.bottom + 26, crowded ? String(units) : count, "middle", INK.muted.light),
    ].join("");
  });
  const missing =
    edges === undefined
      ? svgText(first, top - 6, "edges are left out: too many to look at one by one", "start", INK.muted.light)
      : "";
  return [...lines, ...dots, ...titles, missing].join("\n");
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
const signed = (value: number): string => (value > 0 ? `+${short(value)}` : short(value));
const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
