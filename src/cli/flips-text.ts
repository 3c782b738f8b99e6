/** Flips as people read them. */
import type { FlipBetween, FlipsBetween, LayerDistance, NearestFlips } from "../models/index.ts";
import { inGlossary } from "./glossary.ts";
import { shown } from "./shown.ts";
import { type Column, formatTable } from "./table.ts";

const right = (title: string): Column => ({ title, align: "right" });
const number = (value: number): string => value.toPrecision(4);

/** Flips that are listed for people; `--json` has all. */
const LISTED = 20;

const softWords = (layers: readonly Pick<LayerDistance, "layer" | "isSoft">[]): readonly string[] => {
  const soft = layers.filter(({ isSoft }) => isSoft).map(({ layer }) => shown(layer));
  return soft.length === 0
    ? []
    : [`soft gates, which move with every input, are told as the bits that they are near: ${soft.join(", ")}`];
};

export function nearestText(example: number, { nearest, layers }: NearestFlips): string {
  const [first] = nearest;
  const said =
    first === undefined
      ? `example ${example}: no change of the input flips a gate`
      : `example ${example}: the nearest flip is ${number(first.distance)} away, ${wordsOf(first)}`;
  return [
    said,
    formatTable(
      [{ title: "layer" }, { title: "of" }, right("units"), right("nearest flip"), right("unit")],
      layers.map(({ layer, kind, units, distance, unit }) => [
        shown(layer),
        pluralOf(kind),
        String(units),
        distance === null ? "–" : number(distance),
        unit === null ? "–" : String(unit),
      ]),
    ),
    formatTable(
      [right("distance"), { title: "layer" }, right("unit")],
      nearest.map(({ distance, layer, unit }) => [number(distance), shown(layer), String(unit)]),
    ),
    ...softWords(layers),
    inGlossary("distance to a flip"),
  ].join("\n\n");
}

const wordsOf = ({ layer, unit, kind }: Pick<FlipBetween, "layer" | "unit" | "kind">): string =>
  `${kind === "gate" ? "the gate" : "the selection"} of unit ${unit} of ${shown(layer)}`;

const pluralOf = (kind: LayerDistance["kind"]): string => (kind === "gate" ? "gates" : "selections");

export function flipsText(way: string, { flips, layers }: FlipsBetween): string {
  const listed = flips.length <= LISTED ? flips : [...flips.slice(0, LISTED / 2), ...flips.slice(-LISTED / 2)];
  const rows = listed.map((flip) => [flip.at.toFixed(6), shown(flip.layer), String(flip.unit), becomes(flip)]);
  if (listed.length < flips.length) rows.splice(LISTED / 2, 0, ["…", "", "", `${flips.length - LISTED} more`]);
  return [
    `${way}: ${flips.length} flip${flips.length === 1 ? "" : "s"}`,
    formatTable(
      [{ title: "layer" }, { title: "of" }, right("units"), right("flips"), right("differ at the ends")],
      layers.map(({ layer, kind, units, flips: count, differing }) => [
        shown(layer),
        pluralOf(kind),
        String(units),
        String(count),
        String(differing),
      ]),
    ),
    ...(flips.length === 0
      ? []
      : [formatTable([right("where, 0 to 1"), { title: "layer" }, right("unit"), { title: "becomes" }], rows)]),
    ...softWords(layers),
    inGlossary("flips on the way"),
  ].join("\n\n");
}

const becomes = ({ kind, to }: FlipBetween): string => (kind === "gate" ? (to === 1 ? "on" : "off") : `unit ${to}`);
