/** `kernel-fit --features`: kernel machines from features in files, read by blocks. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.ts";
import { float32, float64, int64 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { gatewise } from "../support/command-line.ts";
import { expectClose } from "../support/expect-close.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [N, M, R] = [300, 90, 12];
const numbers = randomStream(1, "features").normal((N + M) * R);
/** The class of an example is the largest of its first three features, half of the time certainly. */
const labels = Array.from({ length: N + M }, (_, i) => {
  const [a = 0, b = 0, c = 0] = numbers.subarray(i * R, i * R + 3);
  return a > b ? (a > c ? 5 : 7) : b > c ? 6 : 7;
});
const [train, test] = [numbers.slice(0, N * R), numbers.slice(N * R)];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
beforeAll(async () => {
  folder = await temporaryFolder();
  // rounded, so that both types hold the same numbers
  const rounded = float32([N, R], train);
  const files = {
    "f32.npy": rounded,
    "f64.npy": float64([N, R], rounded.data),
    "test.npy": float32([M, R], test),
    "y.npy": int64([N], labels.slice(0, N)),
    "z.npy": int64([M], labels.slice(N)),
    "wide.npy": float32([M, R + 1], new Float32Array(M * (R + 1)).fill(1)),
    "nan.npy": float32([N, R], rounded.data.with(R + 2, Number.NaN)),
    "flat.npy": float32([N * R], rounded.data),
  };
  for (const [name, array] of Object.entries(files)) await writeFile(at(name), writeNpy(array));
  const text = Buffer.from(writeNpy(rounded)).toString("latin1").replace("False", "True ");
  await writeFile(at("fortran.npy"), text, "latin1");
});
afterAll(() => folder[Symbol.asyncDispose]());

const fitted = async (features: string, ...more: readonly string[]) => {
  const { code, stdout } = await gatewise([
    "kernel-fit",
    "--features",
    at(features),
    "--labels",
    at("y.npy"),
    "--threads",
    "1",
    ...more,
    "--json",
  ]);
  return { code, result: JSON.parse(stdout) };
};
const tested = (): readonly string[] => ["--test-features", at("test.npy"), "--test-labels", at("z.npy")];

describe("kernel-fit --features", () => {
  it("gives the fields of kernel-fit, and the same of both types of numbers", async () => {
    const { code, result } = await fitted("f32.npy", ...tested());
    expect(code).toBe(0);
    expect(result).toMatchObject({ examples: N, features: R, classes: [5, 6, 7], nu: null, jitter: 0 });
    expect(result.leaveOneOut).toMatchObject({ examples: N });
    expect(result.testAccuracy).toBeGreaterThan(80);
    const other = await fitted("f64.npy", ...tested());
    expect(other.result).toEqual(result);
    const given = await fitted("f64.npy", "--ridge", "0.5");
    expect(given.result).toMatchObject({ ridge: 0.5, testAccuracy: null, leaveOneOut: null });
    // of half of a trace/n for each of 12 directions
    expectClose([given.result.participation], [result.participation], { relative: 1e-12 });
  });

  it.each([
    [["--features", "f32.npy", "--kernel", "f32.npy"], "--kernel with --features: expected one of them"],
    [[], "neither --kernel nor --features: expected one of them"],
    [["--kernel", "f32.npy", "--threads", "2"], "--threads with --kernel: expected --features beside it"],
    [["--features", "f32.npy", "--test-kernel", "t.npy"], "--test-kernel with --features: expected --kernel beside it"],
    [["--features", "f32.npy", "--test-labels", "z.npy"], "--test-labels alone: expected --test-features beside it"],
  ])("%j is refused", async (options, message) => {
    const { code, stdout } = await gatewise(["kernel-fit", "--labels", "y.npy", ...options, "--json"]);
    expect({ code, message: JSON.parse(stdout).error.message }).toEqual({ code: 2, message });
  });

  it.each([
    ["nan.npy", () => [], () => `${at("nan.npy")} with NaN at [1, 2]: expected finite numbers`],
    [
      "fortran.npy",
      () => [],
      () => `${at("fortran.npy")} in Fortran order: expected C order, whose rows can be read one after the other`,
    ],
    [
      "flat.npy",
      () => [],
      () => `${at("flat.npy")} of <f4 and shape [${N * R}]: expected a matrix of float32 or float64, a row an example`,
    ],
    [
      "f32.npy",
      () => ["--test-features", at("wide.npy"), "--test-labels", at("z.npy")],
      () =>
        `test features of shape [${M}, ${R + 1}] with ${M} labels: expected a row for each test label, and the ${R} features of the training examples`,
    ],
  ] as const)("%s is refused in one line", async (file, more, message) => {
    const { code, result } = await fitted(file, ...more());
    expect({ code, message: result.error.message }).toEqual({ code: 1, message: message() });
  });
});
