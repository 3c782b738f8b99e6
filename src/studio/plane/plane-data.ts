/** The points of a question, read as `gatewise train` reads the table of them. */
import {
  datasetFromTable,
  type ExampleSet,
  inputMoments,
  normalizationOf,
  type OwnData,
  planarData,
  type TableData,
  tableColumns,
  usualLabel,
} from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import type { DataDescription } from "../../experiments/index.ts";
import { numberOf, type WrittenPlane } from "./settings.ts";
import type { ChosenColumns, DataPart, OwnPoint, PlaneSource, PlaneWindow } from "./topics.ts";

/** What a page draws in its time, and tells apart. */
const [MOST_POINTS, MOST_CLASSES] = [5000, 6];
/** Half a side of the plane of points that were not measured. */
const HALF = 1.6;
const COLUMNS: ChosenColumns = { x: "x1", y: "x2", label: "class" };

/** Points that can be trained on. */
export interface PlaneData {
  readonly part: DataPart;
  readonly train: ExampleSet;
  readonly test: ExampleSet;
  readonly described: DataDescription;
}

/** @throws GatewiseError for a table that has no points of the plane in classes */
export async function readPlaneData(source: PlaneSource, settings: WrittenPlane): Promise<PlaneData> {
  const { file, table, columns, all } = tableOf(source, settings);
  const dropped = all.filter((name) => ![columns.x, columns.y, columns.label].includes(name));
  const own: OwnData = {
    path: file,
    targets: "classes",
    ...(source.kind === "file" ? { label: [columns.label] } : {}),
    ...(dropped.length === 0 ? {} : { drop: dropped }),
  };
  const data = datasetFromTable(table, own);
  checkPoints(data, file);
  const { train, test, words } = data;
  const shape = { shape: [2], dtype: "float32" } as const;
  const standardize = source.kind === "file";
  const normalization = standardize
    ? normalizationOf({ standardize }, shape, await inputMoments(train))
    : normalizationOf({}, shape);
  const [points, classes] = [new Float64Array(2 * (train.size + test.size)), new Uint8Array(train.size + test.size)];
  points.set((await train.readBlock(0, train.size)).data);
  points.set((await test.readBlock(0, test.size)).data, 2 * train.size);
  classes.set(train.labels.data);
  classes.set(test.labels.data, train.size);
  return {
    ...{ train, test },
    part: {
      stage: "data",
      ...{ file, table, points, classes, columns, allColumns: all, names: words.names },
      options: ["--targets", "classes", ...(source.kind === "file" ? fileOptions(columns.label, dropped, all) : [])],
      // own points keep the hue of the class that they were given
      hues: words.names.map((name, i) => (source.kind === "own" ? Number(name) : i)),
      isTest: Uint8Array.from(classes, (_, i) => Number(i >= train.size)),
      window: source.kind === "file" ? windowAround(points) : squareAround(points),
    },
    described: {
      name: file,
      inputShape: [2],
      ...{ words, normalization, own: undefined, digest: undefined, inBlocks: false, targets: undefined },
      ...{ layout: undefined, told: data.told },
    },
  };
}

interface NamedTable {
  readonly file: string;
  readonly table: string;
  readonly columns: ChosenColumns;
  readonly all: readonly string[];
}

function tableOf(source: PlaneSource, settings: WrittenPlane): NamedTable {
  const made = { columns: COLUMNS, all: [COLUMNS.x, COLUMNS.y, COLUMNS.label] };
  switch (source.kind) {
    case "file": {
      const { name, text, columns } = source;
      const found = tableColumns(text, name);
      return { file: name, table: text, columns: columns ?? usualColumns(found, name), all: found.names };
    }
    case "own":
      return { file: "points.csv", table: textOf(source.points), ...made };
    default: {
      const [count, noise, seed] = [
        numberOf(settings, "count"),
        numberOf(settings, "noise"),
        numberOf(settings, "draw"),
      ];
      const { points, classes } = planarData(source.kind, { count, noise, seed });
      const drawn = Array.from(classes, (label, i) => ({ x: points[2 * i] ?? 0, y: points[2 * i + 1] ?? 0, label }));
      return { file: `${source.kind}.csv`, table: textOf(drawn), ...made };
    }
  }
}

const textOf = (points: readonly OwnPoint[]): string =>
  [`${COLUMNS.x},${COLUMNS.y},${COLUMNS.label}`, ...points.map(({ x, y, label }) => `${x},${y},${label}`), ""].join(
    "\n",
  );

/** A column that is called so, else the last one; and the first two others of numbers. */
function usualColumns({ names, first }: ReturnType<typeof tableColumns>, file: string): ChosenColumns {
  const label = usualLabel(names);
  const numbers = names.filter(
    (name, i) => name !== label && first[i]?.trim() !== "" && Number.isFinite(Number(first[i])),
  );
  const [x, y] = numbers;
  if (x !== undefined && y !== undefined) return { x, y, label };
  throw new GatewiseError({
    code: "damaged-file",
    received: `${file} with ${names.length} column${names.length === 1 ? "" : "s"}, ${numbers.length} of numbers beside the class`,
    expected: "a table with two columns of numbers and one of classes",
    next: "open a CSV file such as x1,x2,class",
  });
}

function checkPoints({ train, test, words }: TableData, file: string): void {
  const [count, { names }] = [train.size + test.size, words];
  const wrong =
    names.length < 2 || names.length > MOST_CLASSES
      ? { received: `${names.length} class${names.length === 1 ? "" : "es"}`, expected: `2 to ${MOST_CLASSES}` }
      : count > MOST_POINTS
        ? { received: `${count} points`, expected: `${MOST_POINTS} at most: a page draws them all` }
        : undefined;
  if (wrong === undefined) return;
  throw new GatewiseError({
    received: `${file}: ${wrong.received}`,
    expected: wrong.expected,
    next: "choose another column, or open another table",
  });
}

/** By number where a name has a comma: options are parted by them. */
function fileOptions(label: string, dropped: readonly string[], all: readonly string[]): readonly string[] {
  const word = (name: string): string => (name.includes(",") ? String(all.indexOf(name) + 1) : name);
  const drop = dropped.length === 0 ? [] : ["--drop", dropped.map(word).join(",")];
  return ["--label", word(label), ...drop, "--standardize"];
}

/** A square around the origin: biases that begin at zero are seen there. */
function squareAround(points: Float64Array): PlaneWindow {
  const half = points.reduce((most, one) => Math.max(most, 1.05 * Math.abs(one)), HALF);
  return { left: -half, bottom: -half, width: 2 * half, height: 2 * half };
}

/** The points' box with a margin. */
function windowAround(points: Float64Array): PlaneWindow {
  const along = (axis: number): readonly [number, number] => {
    const own = points.filter((_, i) => i % 2 === axis);
    const [least, most] = own.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
    const margin = 0.1 * (most - least) || 1;
    return [least - margin, most - least + 2 * margin];
  };
  const [[left, width], [bottom, height]] = [along(0), along(1)];
  return { left, bottom, width, height };
}
