/** What `flow` says to people. */
import { sizeOf } from "../graph/index.ts";
import type { FlowAnswer } from "../models/index.ts";
import { type EdgeFlow, type LayerFlow, largestEdges, type ReferenceSplit, type Unit, unitOf } from "../paths/index.ts";
import { percentOf, shortNumber, signedNumber } from "./numbers.ts";
import { formatTable } from "./table.ts";

/** Rows of a list. */
const MOST_ROWS = 10;
/** Units that are named of a layer. */
const MOST_UNITS = 4;
/** Terms of an edge list are looked at one by one: in larger networks that would take seconds. */
const MOST_EDGE_UNITS = 300_000;

export interface FlowWords {
  readonly example: string;
  readonly reference: string | undefined;
  /** Of the input. */
  readonly shape: readonly number[];
}

export function flowText(answer: FlowAnswer, { example, reference, shape }: FlowWords): string {
  const { output, against, residualProfile, reference: split } = answer;
  const target = against === null ? `output ${output}` : `output ${output} less output ${against}`;
  return [
    `${example}, ${target}`,
    totals(answer),
    layersTable(answer, shape),
    ...(residualProfile === null ? [] : [profileTable(residualProfile)]),
    ...edgesTable(answer),
    "The flow through the input's elements is gradient × input. All sums in float64.",
    ...(split === undefined ? [] : [splitText(answer, split, reference ?? "the reference", shape)]),
  ].join("\n\n");
}

function totals({ value, mass, start, conservationError }: FlowAnswer): string {
  const biases = start.biases.flatMap((bias, i) => (bias === 0 ? [] : [`${shortNumber(bias)} of layer ${i + 1}`]));
  return formatTable(
    [{ title: "flow" }, { title: "", align: "right" }, { title: "" }],
    [
      ["value, the sum of all paths", shortNumber(value), ""],
      ["mass, the sum of their magnitudes", shortNumber(mass), ""],
      ["value of the mass, %", mass === 0 ? "–" : percentOf(Math.abs(value) / mass), "the rest cancels"],
      ["starts at inputs", shortNumber(start.inputs), ""],
      ["starts at biases", shortNumber(start.biases.reduce((sum, one) => sum + one, 0)), biases.join(", ")],
      ["largest error of a cut", conservationError.toExponential(1), "of the mass: every cut carries the value"],
    ],
  );
}

function layersTable({ inputFlow, layers }: FlowAnswer, shape: readonly number[]): string {
  const rows = [{ layer: "input", shape, flow: inputFlow }, ...layers];
  return formatTable(
    [
      { title: "layer" },
      { title: "units", align: "right" },
      { title: "with flow", align: "right" },
      { title: "half of |flow| in", align: "right" },
      { title: "largest: unit flow" },
    ],
    rows.map((row) => {
      const largest = ranked(row.flow);
      return [
        row.layer,
        String(row.flow.length),
        String(largest.length),
        String(halfOf(row.flow, largest)),
        unitsOf(row, largest.slice(0, MOST_UNITS)),
      ];
    }),
  );
}

/** Units through which something flows, largest first. */
function ranked(flow: Float64Array): readonly number[] {
  const units = Array.from(flow.keys()).filter((unit) => flow[unit] !== 0);
  return units.sort((a, b) => Math.abs(flow[b] ?? 0) - Math.abs(flow[a] ?? 0));
}

/** How many units, largest first, hold half of the sum of magnitudes. */
function halfOf(flow: Float64Array, largest: readonly number[]): number {
  const size = (unit: number): number => Math.abs(flow[unit] ?? 0);
  const half = largest.reduce((sum, unit) => sum + size(unit), 0) / 2;
  let [count, sum] = [0, 0];
  for (const unit of largest) {
    if (sum >= half) break;
    sum += size(unit);
    count += 1;
  }
  return count;
}

const unitsOf = ({ shape, flow }: Pick<LayerFlow, "shape" | "flow">, units: readonly number[]): string =>
  units.map((unit) => `${unitWords(unitOf(unit, shape))} ${signedNumber(flow[unit] ?? 0)}`).join(", ");

const profileTable = (profile: readonly number[]): string =>
  formatTable(
    [
      { title: "residual branches", align: "right" },
      { title: "flow of the paths through so many", align: "right" },
    ],
    profile.map((one, k) => [String(k), shortNumber(one)]),
  );

function edgesTable({ passes, layers }: FlowAnswer): readonly string[] {
  const units = layers.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (units > MOST_EDGE_UNITS) return [];
  const edges = largestEdges(passes, MOST_ROWS);
  if (edges.length === 0) return [];
  const words = (name: string, unit: Unit): string => `${name} ${unitWords(unit)}`;
  return [
    formatTable(
      [{ title: "largest edges", align: "right" }, { title: "from" }, { title: "to" }],
      edges.map((edge: EdgeFlow) => [
        signedNumber(edge.flow),
        words(edge.from, edge.fromUnit),
        words(edge.to, edge.toUnit),
      ]),
    ),
  ];
}

function splitText({ value }: FlowAnswer, split: ReferenceSplit, reference: string, shape: readonly number[]): string {
  const { kept, gained, lost, keptMassShare, gates } = split;
  const rows = [
    ["value there", shortNumber(split.value), ""],
    ["difference", signedNumber(value - split.value), "kept + gained − lost"],
    ["kept", signedNumber(kept), `paths open for both, ${percentOf(keptMassShare)} % of the mass here`],
    ["gained", signedNumber(gained), "paths open here alone"],
    ["lost", signedNumber(lost), "paths open there alone"],
  ];
  const inputs = (["keptByInput", "gainedByInput", "lostByInput"] as const).map((which) => {
    const flow = split[which];
    return [which.replace("ByInput", ""), unitsOf({ shape, flow }, ranked(flow).slice(0, MOST_UNITS))];
  });
  const first = gates
    .slice(0, MOST_ROWS)
    .map(({ layer, unit, gained: more, lost: less }) => [layer, String(unit), signedNumber(more), signedNumber(less)]);
  return [
    formatTable([{ title: `against ${reference}` }, { title: "", align: "right" }, { title: "" }], rows),
    formatTable([{ title: "by input" }, { title: "largest: element flow" }], inputs),
    ...(first.length === 0
      ? ["No gate differs."]
      : [
          formatTable(
            [
              { title: "first gate that differs" },
              { title: "unit", align: "right" },
              { title: "gained", align: "right" },
              { title: "lost", align: "right" },
            ],
            first,
          ),
        ]),
  ].join("\n\n");
}

const unitWords = (unit: Unit): string => (typeof unit === "number" ? String(unit) : `[${unit.join(",")}]`);
