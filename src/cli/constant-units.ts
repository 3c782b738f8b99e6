/** Units that never switch, in words: which, how sure that is, and what to do about them. */
import { type LayerUnits, unseenRateBound } from "../gates/index.ts";
import { sizeOf } from "../graph/index.ts";
import type { GateKind } from "../network/index.ts";
import { type Unit, unitOf } from "../paths/index.ts";
import { inGlossary } from "./glossary.ts";
import { formatTable } from "./table.ts";

/** Claims about units that may still switch for more inputs than this are weak. */
const WEAK_FROM = 0.01;
/** Runs of units that a line names. */
const MOST_NAMED = 12;

/** As JSON: units as `paths` tells them, `[channel, row, column]` in maps. */
export const unitsJson = ({ node, shape, dead, alwaysOn, deadChannels, alwaysOnChannels }: LayerUnits) => ({
  node,
  shape,
  deadUnits: dead.map((unit): Unit => unitOf(unit, shape)),
  alwaysOnUnits: alwaysOn.map((unit): Unit => unitOf(unit, shape)),
  deadChannels,
  alwaysOnChannels,
});

/** How far a claim of "never" reaches; null where no unit is claimed to be constant, or inputs are many. */
export function weakClaim(examples: number, layers: readonly LayerUnits[]): string | null {
  const bound = unseenRateBound(examples);
  if (bound <= WEAK_FROM || !layers.some(hasConstantUnits)) return null;
  return `few inputs: ${reach(examples, bound)}; for 1 % give 299, for 0.1 % 2,995`;
}

const reach = (examples: number, bound: number): string =>
  `a unit that did not switch in ${examples} of them may still do so for up to ${(100 * bound).toPrecision(2)} % of inputs like these (95 % confidence, each unit alone: 1 − 0.05^(1/n), about 3/n)`;

const hasConstantUnits = ({ dead, alwaysOn }: LayerUnits): boolean => dead.length + alwaysOn.length > 0;

/** Nothing where every unit switches. */
export function describeConstantUnits(examples: number, layers: readonly LayerUnits[]): readonly string[] {
  const constant = layers.filter(hasConstantUnits);
  if (constant.length === 0) return [];
  const rows = constant.flatMap((layer) => [
    ...rowOf(layer, "dead", layer.dead, layer.deadChannels),
    ...rowOf(layer, "always on", layer.alwaysOn, layer.alwaysOnChannels),
  ]);
  return [
    formatTable([{ title: "layer", align: "right" }, { title: "node" }, { title: "" }, { title: "units" }], rows),
    [
      weakClaim(examples, layers) ?? reach(examples, unseenRateBound(examples)),
      ...adviceFor(constant),
      inGlossary("dead, always on"),
    ].join("\n"),
  ];
}

function rowOf(
  { layer, node, shape }: LayerUnits,
  word: string,
  units: readonly number[],
  channels: readonly number[],
): readonly (readonly string[])[] {
  if (units.length === 0) return [];
  return [[String(layer), node, word, shape.length === 3 ? mapWords(units, channels, shape) : runs(units)]];
}

function mapWords(units: readonly number[], channels: readonly number[], shape: readonly number[]): string {
  const whole = new Set(channels);
  const size = sizeOf(shape.slice(1));
  const others = units.filter((unit) => !whole.has(Math.floor(unit / size)));
  const among = [...new Set(others.map((unit) => Math.floor(unit / size)))];
  return [
    ...(channels.length === 0 ? [] : [`whole ${channels.length === 1 ? "channel" : "channels"} ${runs(channels)}`]),
    ...(others.length === 0
      ? []
      : [`${others.length} positions of ${among.length === 1 ? "channel" : "channels"} ${runs(among)}`]),
  ].join("; ");
}

/** `3, 17, 20–25`: rising numbers, the first of many. */
function runs(numbers: readonly number[]): string {
  const found: [first: number, last: number][] = [];
  for (const number of numbers) {
    const open = found.at(-1);
    if (open !== undefined && open[1] === number - 1) open[1] = number;
    else found.push([number, number]);
  }
  const named = found.slice(0, MOST_NAMED);
  const left = numbers.length - named.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const words = named.map(([first, last]) =>
    first === last ? String(first) : last === first + 1 ? `${first}, ${last}` : `${first}–${last}`,
  );
  return `${words.join(", ")}${left === 0 ? "" : ` and ${left} more (--json names all)`}`;
}

/** What holds of a unit that is off for every input, and of one that is on, by the rule of its gate. */
const ADVICE = {
  hard: {
    dead: "dead: the unit gives 0, so that removing it with its weights changes no output on these inputs; no gradient comes to it from them either, so that training on them does not wake it directly (a leaky gate or new weights do)",
    alwaysOn:
      "always on: the gate does nothing on these inputs, the unit is linear; weights behind it times weights before it stand for it, and a layer of such units alone folds into the next one",
  },
  clipped: {
    dead: "dead: the unit gives 0, so that removing it with its weights changes no output on these inputs; no gradient comes to it from them either",
    alwaysOn:
      "always on behind a clipped gate: above 0, but perhaps at its ceiling; linear only where it is below that",
  },
  leaky: {
    dead: "off behind a leaky gate: the unit is linear with the gate's slope on these inputs; it can be folded, but not removed unless the slope is 0",
    alwaysOn: "always on behind a leaky gate: the unit is linear on these inputs and can be folded",
  },
  soft: {
    dead: "off behind a soft gate: it lets a little through; removing the unit changes outputs a little",
    alwaysOn: "always on behind a soft gate: above one half, not yet linear",
  },
} as const satisfies Record<GateKind, { readonly dead: string; readonly alwaysOn: string }>;

function adviceFor(layers: readonly LayerUnits[]): readonly string[] {
  const rules = [...new Set(layers.map(({ rule }) => rule))];
  const lines = rules.flatMap((rule) => {
    const own = layers.filter((layer) => layer.rule === rule);
    return [
      ...(own.some(({ dead }) => dead.length > 0) ? [ADVICE[rule].dead] : []),
      ...(own.some(({ alwaysOn }) => alwaysOn.length > 0) ? [ADVICE[rule].alwaysOn] : []),
    ];
  });
  const inMaps = layers.some(({ shape }) => shape.length === 3);
  return inMaps
    ? [
        ...lines,
        "in maps whole channels can be taken out; positions of a channel share its weights and go only with all of them",
      ]
    : lines;
}
