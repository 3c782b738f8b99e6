import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { type DenseArray, denseArray, float32, float64, int32, int64 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { gatewise } from "../support/command-line.ts";
import { expectClose } from "../support/expect-close.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);

/** Points of three classes around a circle: their first 30 train, the other 12 test. */
const labels = Array.from({ length: 42 }, (_, i) => [4, 0, 2][i % 3] ?? 0);
const noise = randomStream(1, "points").uniform(84, -0.4, 0.4);
const points = labels.map((label, i) => [
  Math.cos(label) + (noise[2 * i] ?? 0),
  Math.sin(label) + (noise[2 * i + 1] ?? 0),
]);
const radial = (a: readonly number[], b: readonly number[]): number =>
  Math.exp(-(((a[0] ?? 0) - (b[0] ?? 0)) ** 2) - ((a[1] ?? 0) - (b[1] ?? 0)) ** 2);
const [train, test] = [points.slice(0, 30), points.slice(30)];
const kernel = float64(
  [30, 30],
  train.flatMap((a) => train.map((b) => radial(a, b))),
);
const testKernel = float64(
  [12, 30],
  test.flatMap((a) => train.map((b) => radial(a, b))),
);
const transposed = float64(
  [30, 12],
  train.flatMap((a) => test.map((b) => radial(a, b))),
);

/** `kernel` with one value put at each of the places. */
function spoiled(places: Readonly<Record<number, number>>): DenseArray<"float64"> {
  const data = kernel.data.slice();
  for (const [place, value] of Object.entries(places)) data[Number(place)] = value;
  return denseArray("float64", [30, 30], data);
}

const FILES: Readonly<Record<string, DenseArray>> = {
  "k.npy": kernel,
  "k32.npy": float32([30, 30], kernel.data),
  "y.npy": int64([30], labels.slice(0, 30)),
  "yfloat.npy": float64([30, 1], labels.slice(0, 30)),
  "t.npy": testKernel,
  "z.npy": int32([12], labels.slice(30)),
  "turned.npy": transposed,
  "short.npy": int32([29], labels.slice(0, 29)),
  "wide.npy": float64([3, 4], new Float64Array(12)),
  "nan.npy": spoiled({ 34: Number.NaN }),
  "skew.npy": spoiled({ 1: 0.25, 30: 0.75 }),
  "indefinite.npy": spoiled(Object.fromEntries(train.map((_, i) => [31 * i, 1e-3]))),
  "half.npy": float64(
    [30],
    labels.slice(0, 30).map((label) => label + (label === 2 ? 0.5 : 0)),
  ),
  "onehot.npy": int32([30, 3], new Int32Array(90)),
  "one.npy": int32([30], new Int32Array(30)),
  "whole.npy": int32([30, 30], new Int32Array(900)),
};

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const [name, array] of Object.entries(FILES)) await writeFile(at(name), writeNpy(array));
  await writeFile(at("text.npy"), "not an array, but long enough");
});
afterAll(() => folder[Symbol.asyncDispose]());

const fitted = (kernelFile: string, labelFile: string, ...more: readonly string[]) =>
  gatewise(["kernel-fit", "--kernel", at(kernelFile), "--labels", at(labelFile), ...more]);
const tested = (): readonly string[] => ["--test-kernel", at("t.npy"), "--test-labels", at("z.npy")];

describe("kernel-fit", () => {
  it("--json gives the fields of the contract", async () => {
    const { code, stdout, stderr } = await fitted("k.npy", "y.npy", ...tested(), "--ridge", "0.01", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const result = JSON.parse(stdout);
    expect(Object.keys(result).slice(0, 6)).toEqual([
      "trainAccuracy",
      "testAccuracy",
      "nu",
      "alignment",
      "effectiveRank",
      "ridge",
    ]);
    // the classes lie apart
    expect(result).toMatchObject({
      trainAccuracy: 100,
      testAccuracy: 100,
      ridge: 0.01,
      examples: 30,
      classes: [0, 2, 4],
      jitter: 0,
      method: { kind: "cholesky" },
      leaveOneOut: null,
    });
    expect(result.nuPerClass).toHaveLength(3);
    expect(result.nu).toBeGreaterThan(30);
    expect(result.alignment).toBeGreaterThan(0.8);
    expect(result.effectiveRank).toBeGreaterThan(2);
    expect(result.effectiveRank).toBeLessThan(30);
  });

  it("without a test kernel the test accuracy is null", async () => {
    const { stdout } = await fitted("k.npy", "y.npy", "--ridge", "1", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ testAccuracy: null, ridge: 1 });
  });

  it("chooses the ridge by leave-one-out unless told otherwise, the same each time", async () => {
    const { stdout } = await fitted("k.npy", "y.npy", ...tested(), "--json");
    const { ridge, leaveOneOut } = JSON.parse(stdout);
    expect(leaveOneOut.examples).toBe(30);
    expect(leaveOneOut.candidates.map((one: { readonly ridge: number }) => one.ridge)).toContain(ridge);
    expect((await fitted("k.npy", "y.npy", ...tested(), "--ridge", "cv", "--json")).stdout).toBe(stdout);
  });

  it("takes a float32 kernel and labels as a column of floats", async () => {
    const [one, other] = [
      await fitted("k.npy", "y.npy", "--ridge", "0.1", "--json"),
      await fitted("k32.npy", "yfloat.npy", "--ridge", "0.1", "--json"),
    ];
    const [wanted, got] = [JSON.parse(one.stdout), JSON.parse(other.stdout)];
    expect(got.trainAccuracy).toBe(wanted.trainAccuracy);
    expectClose([got.alignment, got.effectiveRank], [wanted.alignment, wanted.effectiveRank], { relative: 1e-5 });
  });

  it("prints a table for people", async () => {
    const { code, stdout } = await fitted("k.npy", "y.npy", ...tested(), "--ridge", "0.01");
    expect(code).toBe(0);
    const words = stripVTControlCharacters(stdout)
      .split("\n")
      .map((line) => line.split("  ")[0]);
    expect(words.filter((word) => word !== "")).toEqual([
      "measure",
      "examples",
      "train accuracy %",
      "test accuracy %",
      "ridge",
      "ν",
      "smallest eigenvalue",
      "alignment",
      "effective rank",
      "participation",
      "ν, alignment, effective rank, participation: what is large and what is small, docs/glossary.md",
    ]);
  });

  it("stops when it is interrupted", async () => {
    const stop = new AbortController();
    stop.abort(130);
    const args = ["kernel-fit", "--kernel", at("k.npy"), "--labels", at("y.npy"), "--json"];
    const { code, stdout } = await gatewise(args, stop.signal);
    expect(code).toBe(130);
    expect(JSON.parse(stdout).error.message).toBe("interrupted: expected to run to its end");
  });
});

/** What the command says to a mistake: the exit code, and message and hint without the folder's path. */
async function mistake(args: readonly string[]) {
  const paths = args.map((word) => (word.endsWith(".npy") ? at(word) : word));
  const { code, stdout } = await gatewise(["kernel-fit", ...paths, "--json"]);
  return [
    code,
    ...["message", "hint"].map((part) => String(JSON.parse(stdout).error[part]).replaceAll(`${folder.path}/`, "")),
  ];
}
const given = (kernelFile: string, labelFile: string, ...more: readonly string[]): readonly string[] => [
  "--kernel",
  kernelFile,
  "--labels",
  labelFile,
  ...more,
];
const TEST = ["--test-kernel", "t.npy", "--test-labels"] as const;

describe("mistakes", () => {
  it.each([
    {
      title: "a ridge that is no number",
      args: given("k.npy", "y.npy", "--ridge", "much"),
      wanted: [2, "--ridge much: expected a number of at least 0, or cv", "give another --ridge"],
    },
    {
      title: "a negative ridge",
      args: given("k.npy", "y.npy", "--ridge", "-1"),
      wanted: [2, "--ridge -1: expected a number of at least 0, or cv", "give another --ridge"],
    },
    {
      title: "a test kernel without labels",
      args: given("k.npy", "y.npy", "--test-kernel", "t.npy"),
      wanted: [2, "--test-kernel alone: expected --test-labels beside it", "give both or none"],
    },
    {
      title: "test labels without a kernel",
      args: given("k.npy", "y.npy", "--test-labels", "z.npy"),
      wanted: [2, "--test-labels alone: expected --test-kernel beside it", "give both or none"],
    },
    {
      title: "a file that is missing",
      args: given("nowhere.npy", "y.npy"),
      wanted: [1, "nowhere.npy: does not exist: expected a readable file", "check the path"],
    },
    {
      title: "a file of another kind",
      args: given("text.npy", "y.npy"),
      wanted: [
        1,
        "text.npy: other first bytes than \\x93NUMPY: expected a .npy file",
        'write one in NumPy: np.save("x.npy", x)',
      ],
    },
    {
      title: "labels in place of a kernel",
      args: given("y.npy", "y.npy"),
      wanted: [
        1,
        "y.npy of int64 and shape [30]: expected a kernel: a matrix of float32 or float64",
        'make one with "gatewise npk"',
      ],
    },
    {
      title: "a kernel of whole numbers",
      args: given("whole.npy", "y.npy"),
      wanted: [
        1,
        "whole.npy of int32 and shape [30, 30]: expected a kernel: a matrix of float32 or float64",
        'make one with "gatewise npk"',
      ],
    },
    {
      title: "a kernel that is not square",
      args: given("wide.npy", "y.npy"),
      wanted: [
        1,
        "wide.npy of shape [3, 4]: expected the square kernel of the training examples with themselves",
        "give kernels between test and training examples with --test-kernel",
      ],
    },
    {
      title: "a kernel with a NaN",
      args: given("nan.npy", "y.npy"),
      wanted: [
        1,
        "nan.npy with NaN at [1, 4]: expected finite numbers",
        "look for the example where the file was made",
      ],
    },
    {
      title: "a kernel that is not symmetric",
      args: given("skew.npy", "y.npy"),
      wanted: [
        1,
        "skew.npy with 0.25 at [0, 1] and 0.75 at [1, 0]: expected a symmetric matrix",
        "give the kernel of the training examples with themselves, in one order",
      ],
    },
    {
      title: "a kernel that is not positive",
      args: given("indefinite.npy", "y.npy"),
      wanted: [
        1,
        "a kernel whose pivot 1 is not positive, with 0.0001 of trace/n added to the diagonal: expected a positive semidefinite matrix",
        "check how the kernel was made",
      ],
    },
    {
      title: "labels of another length",
      args: given("k.npy", "short.npy"),
      wanted: [
        1,
        "29 labels for a kernel of 30 examples: expected one label an example",
        "give kernel and labels of the same examples",
      ],
    },
    {
      title: "labels that are no whole numbers",
      args: given("k.npy", "half.npy"),
      wanted: [
        1,
        "half.npy of float64 with 2.5 at element 2: expected labels that are whole numbers",
        "give the class of each example",
      ],
    },
    {
      title: "labels as one-hot rows",
      args: given("k.npy", "onehot.npy"),
      wanted: [
        1,
        "onehot.npy of shape [30, 3]: expected labels: one axis, one whole number an example",
        'for one-hot labels: np.save("y.npy", y.argmax(axis=1))',
      ],
    },
    {
      title: "labels of one class",
      args: given("k.npy", "one.npy"),
      wanted: [1, "labels that are all 0: expected at least two classes", "give examples of several classes"],
    },
    {
      title: "a test kernel that is turned",
      args: given("k.npy", "y.npy", "--test-kernel", "turned.npy", "--test-labels", "z.npy"),
      wanted: [
        1,
        "a test kernel of shape [30, 12] with 12 labels: expected a row for each test label and a column for each of the 30 training examples",
        "transpose it: rows are test examples",
      ],
    },
    {
      title: "test labels of another length",
      args: given("k.npy", "y.npy", ...TEST, "y.npy"),
      wanted: [
        1,
        "a test kernel of shape [12, 30] with 30 labels: expected a row for each test label and a column for each of the 30 training examples",
        "give test kernel and labels of the same examples",
      ],
    },
  ])("$title", async ({ args, wanted }) => expect(await mistake(args)).toEqual(wanted));
});
