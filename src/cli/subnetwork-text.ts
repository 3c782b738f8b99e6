/** What `subnetwork` says to people. */
import type {
  AloneOnOthers,
  DecidingUnit,
  DecidingUnits,
  Decision,
  RemovedShare,
  SufficientUnits,
} from "../models/index.ts";
import { unitOf } from "../paths/index.ts";
import { percentOf, shortNumber, signedNumber } from "./numbers.ts";
import { type Column, formatTable } from "./table.ts";

/** Units that are named. */
const MOST_UNITS = 20;

type Shapes = ReadonlyMap<string, readonly number[]>;
const right = (title: string): Column => ({ title, align: "right" });

/** Of shares that rise, the one that so many are at most; null where nothing changes of so many. */
export function quantile(shares: readonly Pick<RemovedShare, "share">[], part: number): number | null {
  const rising = shares.map(({ share }) => share ?? Number.POSITIVE_INFINITY).sort((a, b) => (a === b ? 0 : a - b));
  const found = rising[Math.max(0, Math.ceil(part * rising.length) - 1)];
  return found === undefined || !Number.isFinite(found) ? null : found;
}

export function describeOne(one: DecidingUnits, shapes: Shapes): string {
  const { removed, active, share, becomes, byActivation, atRandom } = one;
  const changed =
    active === 0
      ? "no unit is active: biases and what passes no gate decide"
      : becomes === null
        ? `closing all ${active} active units changes nothing: what passes none of them decides, biases among it`
        : `closing ${removed.length} of ${active} active units, ${percentOf(share ?? 0)} %, makes it output ${becomes}`;
  return [
    `${headOf(one)}\n${changed}`,
    unitsTable(removed, "flow when it closes", shapes),
    formatTable(
      [{ title: "in the order of" }, right("units"), right("of the active %"), right("output then")],
      orderRows([
        ["flow, renewed", { removed: removed.length, share, becomes }],
        ["activation", byActivation],
        ["chance", atRandom],
      ]),
    ),
  ].join("\n\n");
}

const headOf = ({ example, decision, runnerUp, margin }: Decision): string =>
  margin === 0
    ? `example ${example}: outputs ${decision} and ${runnerUp} are equal, and the first counts as the decision`
    : `example ${example}: output ${decision}, ${shortNumber(margin)} above output ${runnerUp}`;

function unitsTable(units: readonly DecidingUnit[], flow: string, shapes: Shapes): string {
  const rows = units.slice(0, MOST_UNITS).map((one) => {
    const unit = unitOf(one.unit, shapes.get(one.layer) ?? []);
    return [one.layer, typeof unit === "number" ? String(unit) : `[${unit.join(",")}]`, signedNumber(one.flow)];
  });
  const table = formatTable([{ title: "layer" }, right("unit"), right(flow)], rows);
  return units.length > MOST_UNITS ? `${table}\nand ${units.length - MOST_UNITS} more, in --json` : table;
}

const orderRows = (rows: readonly (readonly [string, RemovedShare])[]): readonly (readonly string[])[] =>
  rows.map(([order, { removed, share, becomes }]) => [
    order,
    String(removed),
    share === null ? "–" : percentOf(share),
    becomes === null ? "the same" : String(becomes),
  ]);

export function describeMany(found: readonly DecidingUnits[]): string {
  const orders: readonly (readonly [string, readonly Pick<RemovedShare, "share">[]])[] = [
    ["flow, renewed", found],
    ["activation", found.map(({ byActivation }) => byActivation)],
    ["chance", found.map(({ atRandom }) => atRandom)],
  ];
  const unchanged = found.filter(({ share }) => share === null).length;
  const tied = found.filter(({ margin }) => margin === 0).length;
  return [
    `${found.length} inputs: share of the active units whose removal changes the decision, %`,
    formatTable(
      [{ title: "in the order of" }, right("half of the inputs"), right("90 % of them"), right("all")],
      orders.map(([order, shares]) => [order, ...[0.5, 0.9, 1].map((part) => percentOrNone(quantile(shares, part)))]),
    ),
    ...(tied === 0 ? [] : [`of ${tied} inputs the two largest outputs are equal: the first counts as the decision`]),
    ...(unchanged === 0 ? [] : [`of ${unchanged} inputs closing all active units changes nothing`]),
    easiest(found),
  ].join("\n\n");
}

/** Those whose decisions hang by least. */
function easiest(found: readonly DecidingUnits[]): string {
  const rising = [...found].sort((a, b) => (a.share ?? 2) - (b.share ?? 2) || a.margin - b.margin);
  return formatTable(
    [right("fewest: example"), right("output"), right("then"), right("units"), right("%"), right("margin")],
    rising
      .slice(0, 10)
      .map(({ example, decision, becomes, removed, share, margin }) => [
        String(example),
        String(decision),
        becomes === null ? "–" : String(becomes),
        String(removed.length),
        percentOrNone(share),
        shortNumber(margin),
      ]),
  );
}

const percentOrNone = (share: number | null): string => (share === null ? "–" : percentOf(share));

export function describeSet(one: SufficientUnits, shapes: Shapes): string {
  const { units, active, share, margin, keptMargin, isMinimal, decision, sameClass, otherClasses } = one;
  const minimal = isMinimal ? "none of them can be closed, too" : "the search ended at its limit";
  return [
    `${headOf(one)}\n${units.length} of ${active} active units, ${percentOf(share)} %, keep ${shortNumber(keptMargin)} of ${shortNumber(margin)} when all others are closed; ${minimal}`,
    unitsTable(units, "flow alone", shapes),
    `alone they say output ${decision} of ${partOf(sameClass)} other inputs of that class, and of ${partOf(otherClasses)} inputs of other classes${warning(otherClasses)}`,
  ].join("\n\n");
}

const partOf = ({ inputs, decided }: AloneOnOthers): string =>
  inputs === 0 ? "none of 0" : `${decided} of ${inputs} (${percentOf(decided / inputs)} %)`;

/** A set that says its class of whatever it is given explains nothing. */
const warning = ({ inputs, decided }: AloneOnOthers): string =>
  inputs > 0 && decided > inputs / 2 ? ":\nthey say it of nearly whatever the input is, so they do not tell why" : "";

export function describeSets(found: readonly SufficientUnits[]): string {
  const shareOn = (which: (one: SufficientUnits) => AloneOnOthers): readonly { readonly share: number }[] =>
    found.flatMap((one) => {
      const { inputs, decided } = which(one);
      return inputs === 0 ? [] : [{ share: decided / inputs }];
    });
  const rows: readonly (readonly [string, readonly { readonly share: number }[]])[] = [
    ["units that keep the margin, of the active", found],
    ["other inputs of the class that they give it", shareOn(({ sameClass }) => sameClass)],
    ["inputs of other classes that they give it", shareOn(({ otherClasses }) => otherClasses)],
  ];
  return [
    `${found.length} inputs: the fewest units that keep the margin when all others are closed, %`,
    formatTable(
      [{ title: "" }, right("half of the inputs"), right("90 % of them")],
      rows.map(([title, shares]) => [title, ...[0.5, 0.9].map((part) => percentOrNone(quantile(shares, part)))]),
    ),
  ].join("\n\n");
}
