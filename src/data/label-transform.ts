/** Labels changed before training: what a network learns of labels that say nothing, or less. Test labels stay as they are. */
import { GatewiseError } from "../errors.ts";
import { type DenseArray, denseArray } from "../graph/index.ts";
import { randomStream } from "../random.ts";

/** How training labels are changed. */
export type LabelTransform = DrawnLabels | GivenLabels;

/** Labels of a file in place of those of the data: one for each training example, in its order. */
export interface GivenLabels {
  readonly kind: "given";
  readonly file: string;
  /** `sha256:…` of it; undefined until it is looked at. */
  readonly digest?: string | undefined;
}

/** Labels that a seed changes; the same of the same seed. */
export type DrawnLabels =
  /** The same labels in another order: classes keep their sizes. */
  | { readonly kind: "shuffle"; readonly seed: number }
  /** A share of the labels, drawn by chance, each become another class. */
  | { readonly kind: "noise"; readonly share: number; readonly seed: number }
  /** Every label drawn anew, all classes alike. */
  | { readonly kind: "replace"; readonly seed: number };

const FORMS = "shuffle:SEED, noise:SHARE:SEED (a share of 0 to 1), replace:SEED or replace:FILE.npy";

/**
 * Reads `shuffle:7`, `noise:0.2:7`, `replace:7`, `replace:labels.npy`, or what they mean as fields.
 * @throws GatewiseError for anything else
 */
export function readLabelTransform(value: unknown, name: string): LabelTransform {
  const file = fileOf(value);
  if (file !== undefined) return { kind: "given", ...file };
  const words: readonly unknown[] =
    typeof value === "string" ? value.split(":") : isFields(value) ? fieldsOf(value) : [];
  const [kind, ...numbers] = words;
  const [first, second] = numbers.map((one) => (one === "" ? Number.NaN : Number(one)));
  const isSeed = (seed: number | undefined): seed is number => Number.isSafeInteger(seed) && Number(seed) >= 0;
  if ((kind === "shuffle" || kind === "replace") && numbers.length === 1 && isSeed(first)) return { kind, seed: first };
  if (kind === "noise" && numbers.length === 2 && isSeed(second) && first !== undefined && first >= 0 && first <= 1) {
    return { kind, share: first, seed: second };
  }
  throw new GatewiseError({
    received: `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
    expected: FORMS,
    next: `for instance ${name} shuffle:1`,
  });
}

/** A number behind `replace:` is a seed, all else a file. */
function fileOf(value: unknown): { readonly file: string; readonly digest?: string } | undefined {
  if (typeof value === "string") {
    const [, file] = /^replace:(?!-?\d*$)(.+)$/s.exec(value) ?? [];
    return file === undefined ? undefined : { file };
  }
  if (!isFields(value) || value.kind !== "given" || typeof value.file !== "string") return undefined;
  return { file: value.file, ...(typeof value.digest === "string" ? { digest: value.digest } : {}) };
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const fieldsOf = ({ kind, share, seed }: Readonly<Record<string, unknown>>): readonly unknown[] =>
  share === undefined ? [kind, seed] : [kind, share, seed];

/** `shuffled (seed 7)`, for whoever reads of the data. */
export function labelTransformWords(transform: LabelTransform): string {
  switch (transform.kind) {
    case "shuffle":
      return `training labels shuffled (seed ${transform.seed})`;
    case "noise":
      return `${100 * transform.share} % of the training labels changed to another class (seed ${transform.seed})`;
    case "replace":
      return `training labels drawn anew (seed ${transform.seed})`;
    case "given":
      return `training labels of ${transform.file}`;
  }
}

/**
 * Training labels as a transform leaves them.
 * @param labels `[n]`, each below `classes`
 */
export function transformLabels(
  { shape, data }: DenseArray<"uint8">,
  classes: number,
  transform: DrawnLabels,
): DenseArray<"uint8"> {
  const count = data.length;
  const stream = (purpose: string) => randomStream(transform.seed, "labels", transform.kind, purpose);
  switch (transform.kind) {
    case "shuffle":
      return denseArray(
        "uint8",
        shape,
        Uint8Array.from(stream("order").permutation(count), (from) => data[from]!),
      );
    case "replace":
      return denseArray("uint8", shape, Uint8Array.from(stream("class").uniform(count, 0, classes), Math.floor));
    case "noise": {
      const changed = data.slice();
      const chosen = stream("examples")
        .permutation(count)
        .slice(0, Math.round(transform.share * count));
      const shifts = stream("class").uniform(chosen.length, 1, classes);
      chosen.forEach((example, i) => {
        changed[example] = (changed[example]! + Math.floor(shifts[i]!)) % classes;
      });
      return denseArray("uint8", shape, changed);
    }
  }
}
