/** Files of one's own through the commands: trained on, measured on, asked about as they are, exported. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "fast-png";
import { expect, it } from "vitest";
import { z } from "zod";
import { writeNpy } from "../../src/data/index.ts";
import { denseArray, float64, int64 } from "../../src/graph/index.ts";
import { randomStream } from "../../src/random.ts";
import { gatewiseHere } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const json = async <T>(structure: z.ZodType<T>, args: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await gatewiseHere([...args, "--json"]);
  if (code !== 0) throw new Error(stderr + stdout);
  return structure.parse(JSON.parse(stdout));
};
const Measured = z.object({ examples: z.number(), accuracy: z.number(), loss: z.number() });
const Errors = z.object({ examples: z.number(), r2: z.number(), rmse: z.number() });
const failed = async (args: readonly string[]): Promise<string> => (await gatewiseHere(args)).stderr.trim();

/** Images of two classes, bright above or below, of the shape `[n, 6, 5, 3]` that Keras has. */
async function writeImages(folder: string): Promise<void> {
  const noise = randomStream(0, "images").uniform(120 * 90, 0, 120);
  const bytes = Uint8Array.from(
    noise,
    (one, i) => one + (Math.floor(i / 90) % 2 === Math.floor((i % 90) / 45) ? 120 : 0),
  );
  await writeFile(join(folder, "x_train.npy"), writeNpy(denseArray("uint8", [120, 6, 5, 3], bytes)));
  await writeFile(join(folder, "x_test.npy"), writeNpy(denseArray("uint8", [40, 6, 5, 3], bytes.slice(0, 3600))));
  const labels = (n: number): Uint8Array =>
    writeNpy(
      int64(
        [n, 1],
        Array.from({ length: n }, (_, i) => (i % 2) + 4),
      ),
    );
  await writeFile(join(folder, "y_train.npy"), labels(120));
  await writeFile(join(folder, "y_test.npy"), labels(40));
}

it("images of Keras's layout: train, resume, evaluate, ask about raw inputs, export, evaluate that", async () => {
  await using folder = await temporaryFolder();
  const [data, run, onnx] = [folder.path, join(folder.path, "run"), join(folder.path, "m.onnx")];
  await writeImages(data);
  const train = [
    "train",
    "--data",
    data,
    "--width",
    "16",
    "--depth",
    "3",
    "--lr",
    "1e-3",
    "--standardize",
    "--out",
    run,
  ];
  const { bestTestAccuracy } = await json(z.object({ bestTestAccuracy: z.number() }), [...train, "--epochs", "8"]);
  expect(bestTestAccuracy).toBeGreaterThan(95);
  const record = JSON.parse(await readFile(join(run, "run.json"), "utf8"));
  expect(record.data.own).toMatchObject({ words: { kind: "classes", names: ["4", "5"] }, layout: "hwc" });
  expect(record.plan.normalization.factor).toHaveLength(3);

  const measured = await json(Measured, ["evaluate", "--model", run]);
  expect([measured.examples, measured.accuracy]).toEqual([40, bestTestAccuracy]);
  expect(await json(Measured, ["evaluate", "--model", run, "--data", data])).toEqual(measured);
  await json(z.unknown(), ["export", run, "--onnx", onnx]);
  const exported = await json(Measured, ["evaluate", "--model", onnx, "--data", data]);
  expect(exported.accuracy).toBe(measured.accuracy);
  expect(exported.loss).toBeCloseTo(measured.loss, 4);

  // bytes with their channels last, as the file has them
  const raw = ["--model", run, "--inputs", join(data, "x_test.npy")];
  expect((await json(z.object({ examples: z.number() }), ["gates", ...raw])).examples).toBe(40);
  const { logit, sum } = await json(z.object({ logit: z.number(), sum: z.number() }), [
    "paths",
    ...raw,
    "--example",
    "1",
  ]);
  expect(sum).toBeCloseTo(logit, 3);

  await writeFile(
    join(data, "y_test.npy"),
    writeNpy(
      int64(
        [40],
        Array.from({ length: 40 }, (_, i) => (i === 0 ? 4 : 5)),
      ),
    ),
  );
  expect(await failed([...train, "--epochs", "9", "--resume"])).toMatch(
    /^error .*: other data than .* was trained on \(sha256:[0-9a-f]{12}…\): expected those with the digest sha256:/m,
  );
  expect(await failed(["evaluate", "--model", run])).toMatch(/^error .*: other data than before/m);
});

it("a table of values: R² and RMSE, and others of the same columns", async () => {
  await using folder = await temporaryFolder();
  const [table, other, run] = ["t.csv", "o.csv", "run"].map((name) => join(folder.path, name));
  if (table === undefined || other === undefined || run === undefined) throw new Error("unreachable");
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [a, b] = [(i * 37) % 101, (i * 53) % 89];
    return `${i},${a},${b},${1000 + 3 * a - 2 * b}`;
  });
  await writeFile(table, `id,a,b,price\n${rows.join("\n")}\n`);
  await writeFile(other, `id,a,b,price\n${rows.slice(0, 20).join("\n")}\n`);
  const options = ["--label", "price", "--drop", "id"];
  const { bestTestR2, bestTestRmse } = await json(z.object({ bestTestR2: z.number(), bestTestRmse: z.number() }), [
    ...["train", "--data", table, ...options, "--standardize", "--lr", "3e-3", "--epochs", "30"],
    ...["--width", "16", "--depth", "3", "--out", run],
  ]);
  expect(bestTestR2).toBeGreaterThan(0.97);
  const own = await json(Errors, ["evaluate", "--model", run]);
  expect([own.examples, own.r2]).toEqual([40, expect.closeTo(bestTestR2, 5)]);
  expect(own.rmse).toBeCloseTo(bestTestRmse, 2);
  // how the columns are read stands in the run
  expect((await json(Errors, ["evaluate", "--model", run, "--data", other])).examples).toBe(20);
  expect((await json(Errors, ["evaluate", "--model", run, "--data", table])).examples).toBe(40);
});

it("a single tensor with labels, bytes scaled otherwise, and a folder of images for a convolutional network", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  await writeFile(
    at("x.npy"),
    writeNpy(
      float64(
        [40, 7],
        Array.from({ length: 280 }, (_, i) => (i % 14) - 7),
      ),
    ),
  );
  await writeFile(
    at("y.npy"),
    writeNpy(
      int64(
        [40],
        Array.from({ length: 40 }, (_, i) => i % 2),
      ),
    ),
  );
  const Trained = z.object({ bestTestAccuracy: z.number(), run: z.string() });
  const tensor = [
    "train",
    "--data",
    at("x.npy"),
    "--labels",
    at("y.npy"),
    "--epochs",
    "2",
    "--width",
    "8",
    "--out",
    at("a"),
  ];
  await json(Trained, [...tensor, "--mean", "0.5", "--std", "1,2,3,4,5,6,7"]);
  for (const label of ["up", "down"]) {
    const { makeFolder } = await import("../../src/data/node/index.ts");
    await makeFolder(at(`images/${label}`));
    for (let i = 0; i < 10; i++) {
      const data = Uint8Array.from({ length: 64 }, (_, pixel) => (pixel < 32 === (label === "up") ? 200 + i : i));
      await writeFile(at(`images/${label}/${i}.png`), encode({ width: 8, height: 8, data, depth: 8, channels: 1 }));
    }
  }
  const images = [
    "train",
    "--arch",
    "c4gap",
    "--width",
    "4",
    "--data",
    at("images"),
    "--epochs",
    "1",
    "--out",
    at("b"),
  ];
  await json(Trained, images);
  expect((await json(Measured, ["evaluate", "--model", at("b")])).examples).toBe(4);
});

it.each([
  [
    "a name nearly right",
    ["--data", "mnits"],
    'data set "mnits": expected digits, mnist, fashion-mnist, cifar10, cifar100 or a file or folder of your own (./NAME)',
  ],
  [
    "a path that is not there",
    ["--data", "./nowhere.npz"],
    "nowhere.npz: does not exist: expected a file or folder of data",
  ],
  [
    "options of files with a name",
    ["--data", "digits", "--label", "x"],
    "--label with the data set digits: expected files of your own, which it says how to read",
  ],
  [
    "three keys",
    ["--data", "a.npz", "--keys", "a,b,c"],
    "--keys of 3: expected two names, inputs and labels, or four, with those of the test set",
  ],
  ["no number", ["--data", "digits", "--scale", "1/x"], "--scale 1/x: expected a number, or a fraction such as 1/255"],
])("%s is refused in one line", async (_, args, message) => {
  const stderr = await failed(["train", ...args]);
  expect(stderr.split("\n")[0]).toContain(message);
});

it("data check: shapes, classes, ranges, constant features, duplicates, and what train would do", async () => {
  await using folder = await temporaryFolder();
  const [train, test] = ["train.csv", "test.csv"].map((name) => join(folder.path, name));
  if (train === undefined || test === undefined) throw new Error("unreachable");
  await writeFile(train, "a,b,kind\n1,5,x\n2,5,y\n1,5,x\n4,5,y\n");
  await writeFile(test, "a,b,kind\n2,5,x\n3,5,y\n4,5,y\n");
  const found = await json(z.record(z.string(), z.unknown()), ["data", "check", folder.path, "--label", "kind"]);
  expect(found).toMatchObject({
    ...{ train: 4, test: 3, inputShape: [2], dtype: "float32", isSplit: false, least: 1, greatest: 5 },
    targets: { kind: "classes", names: ["x", "y"] },
    classes: [
      { train: 2, test: 1 },
      { train: 2, test: 2 },
    ],
    constantFeatures: ["b"],
    duplicates: { withinTraining: 1, inBoth: 2, otherTarget: 1 },
    training: { loss: "softmax-cross-entropy", normalization: null },
  });
  expect(found.mean).toBeCloseTo(28 / 8, 12);
  const { stdout } = await gatewiseHere(["data", "check", folder.path, "--label", "kind", "--standardize"]);
  expect(stdout).toContain("2 test examples are in training, 1 of them with another target; 1 training examples twice");
  expect(stdout).toContain("take inputs normalized (2 factors), lower softmax cross-entropy");
  await writeFile(train, 'a,b,kind\n1,5,"x, sir"\n2,5,y\n1,5,"x, sir"\n4,5,y\n');
  await writeFile(test, 'a,b,kind\n2,5,"x, sir"\n3,5,y\n');
  const quoted = await gatewiseHere(["data", "check", folder.path, "--label", "kind"]);
  expect(quoted.stdout).toContain('2 classes: "x, sir", y');
});

it("a run is named without a slash, and trains on labels of a file", async () => {
  await using folder = await temporaryFolder();
  const here = process.cwd();
  process.chdir(folder.path);
  try {
    const small = ["--data", "digits", "--limit", "64", "--test-limit", "32", "--epochs", "1"];
    const labels = Array.from({ length: 8000 }, (_, i) => i % 10);
    await writeFile("y.npy", writeNpy(int64([8000], labels)));
    expect(
      await failed(["train", ...small, "--width", "8", "--out", "q1", "--labels-transform", "replace:y.npy"]),
    ).toBe(`training labels of ${join(folder.path, "y.npy")}`);
    expect((await gatewiseHere(["train", ...small, "--arch", "q1", "--out", "q2"])).code).toBe(0);
    const Run = z.object({ plan: z.object({ architecture: z.unknown() }) });
    const [one, other] = await Promise.all(
      ["q1", "q2"].map(async (run) => Run.parse(JSON.parse(await readFile(join(run, "run.json"), "utf8")))),
    );
    expect(other).toEqual(one);
  } finally {
    process.chdir(here);
  }
});

it("an experiment on a table, gone on with, and refused once the table is another", async () => {
  await using folder = await temporaryFolder();
  const [table, out] = [join(folder.path, "t.csv"), join(folder.path, "out")];
  const rows = Array.from({ length: 30 }, (_, i) => `${i % 3},${(i * 7) % 5},${["a", "b", "c"][i % 3]}`);
  await writeFile(table, `x,w,label\n${rows.join("\n")}\n`);
  const args = ["reproduce", "fc-mnist-adam", "--data", table, "--regimes", "relu", "--epochs", "1", "--seeds", "1"];
  const Rows = z.object({ rows: z.array(z.object({ regime: z.string(), mean: z.number() })) });
  const found = await json(Rows, [...args, "--out", out]);
  expect(found.rows.map(({ regime }) => regime)).toEqual(["relu"]);
  expect(await json(Rows, [...args, "--out", out, "--resume"])).toEqual(found);
  await writeFile(table, `x,w,label\n${rows.join("\n")}\n1,1,a\n`);
  expect(await failed([...args, "--out", out, "--resume"])).toContain(
    "which holds fc-mnist-adam, quick profile, defined otherwise: expected a folder for fc-mnist-adam, quick profile",
  );
  expect(await failed(["reproduce", "theorem", "--data", table])).toContain(
    "--data with theorem: expected no such option",
  );
});
