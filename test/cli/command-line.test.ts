import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandLine } from "../../src/cli/context.ts";
import { loadDataset } from "../../src/data/node/index.ts";
import { readModel } from "../../src/graph/index.ts";
import { byName, REGIME_NAMES } from "../../src/network/index.ts";
import { readBest } from "../../src/runs/node/index.ts";
import {
  endOf,
  gatewiseHere as gatewise,
  startGatewise,
  startInShell,
  TINY,
  tinyWith,
} from "../support/command-line.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (...parts: readonly string[]): string => join(folder.path, ...parts);
/** One trained run of each regime. */
beforeAll(async () => {
  folder = await temporaryFolder();
  for (const regime of REGIME_NAMES) {
    const args = ["train", "--regime", regime, ...TINY, "--epochs", "2", "--out", at(regime)];
    const { code, stderr } = await gatewise(args);
    expect(code, stderr).toBe(0);
  }
});
afterAll(() => folder[Symbol.asyncDispose]());

const COMMANDS = [
  ["demo"],
  ["train"],
  ["reproduce"],
  ["sweep"],
  ["sweep", "plan"],
  ["sweep", "run"],
  ["sweep", "submit"],
  ["sweep", "status"],
  ["sweep", "gather"],
  ["evaluate"],
  ["inspect"],
  ["gates"],
  ["paths"],
  ["flow"],
  ["subnetwork"],
  ["npk"],
  ["ntk"],
  ["kernel-fit"],
  ["neighbors"],
  ["monitor", "fit"],
  ["monitor", "score"],
  ["report"],
  ["export"],
  ["data"],
  ["data", "list"],
  ["data", "fetch"],
  ["data", "verify"],
];

describe("help", () => {
  it.each(COMMANDS.map((words) => ({ words, title: words.join(" ") })))(
    "of $title has an example",
    async ({ words }) => {
      const { code, stdout } = await gatewise([...words, "--help"]);
      expect(code).toBe(0);
      // one or several
      expect(stdout.replace("Examples:", "Example:")).toContain(`Example:\n  $ gatewise ${words.join(" ")}`);
      expect(stdout).toContain("--json");
    },
  );
});

/** The fields that the contract fixes, by command; more are welcome. */
const CONTRACT = [
  {
    title: "train",
    args: () => ["train", ...TINY, "--epochs", "1", "--out", at("contract")],
    fields: ["run", "regime", "epochs", "bestTestAccuracy", "lastTestAccuracy", "secondsPerEpoch"],
  },
  {
    title: "evaluate",
    args: () => ["evaluate", "--model", at("relu"), "--data", "digits"],
    fields: ["examples", "accuracy", "loss"],
  },
  {
    title: "reproduce",
    args: () => [
      "reproduce",
      "fc-mnist-adam",
      "--regimes",
      "frnpf-ii",
      "--epochs",
      "1",
      "--seeds",
      "1",
      "--out",
      at("table"),
    ],
    fields: ["experiment", "rows", "report"],
  },
  { title: "report", args: () => ["report", at("relu"), at("dlnpf"), "--out", at("both.html")], fields: ["report"] },
  { title: "export", args: () => ["export", at("relu"), "--onnx", at("relu.onnx")], fields: ["onnx"] },
];

describe("--json", () => {
  it("of --version is one value too", async () => {
    const { code, stdout } = await gatewise(["--version", "--json"]);
    const { version } = JSON.parse(await readFile("package.json", "utf8"));
    expect({ code, printed: JSON.parse(stdout) }).toEqual({ code: 0, printed: { version } });
    expect((await gatewise(["--version"])).stdout).toBe(`${version}\n`);
  });

  it.each(CONTRACT)(
    "$title prints one value with the names of the contract, and nothing else",
    async ({ args, fields }) => {
      const { code, stdout, stderr } = await gatewise([...args(), "--json"]);
      expect(code, stderr).toBe(0);
      expect(Object.keys(JSON.parse(stdout))).toEqual(expect.arrayContaining(fields));
      expect(stderr).toBe("");
    },
  );

  it("rows of reproduce have their names too", async () => {
    // the table that is there already
    const args = CONTRACT.find(({ title }) => title === "reproduce")?.args() ?? expect.fail("no row");
    const { rows } = JSON.parse((await gatewise([...args, "--resume", "--json"])).stdout);
    expect(rows).toEqual([
      {
        ...{ regime: "frnpf-ii", title: "FRNPF(II)", mean: expect.any(Number), std: 0, published: [96.02, 0.13] },
        ...{ difference: rows[0].mean - 96.02, runs: [rows[0].mean] },
      },
    ]);
  });

  it("an error is an object with message and hint", async () => {
    const { code, stdout, stderr } = await gatewise(["train", "--regime", "dlnfp", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        message: 'regime "dlnfp": expected relu, frnpf-ii, frnpf-di, flnpf, dlnpf, dlgn or dlgn-sf',
        hint: 'did you mean "dlnpf"?',
      },
    });
    expect(stderr).toBe("");
  });
});

/** Bad input of every kind: the line that is printed, what to do next, and the exit code. */
const MISTAKES: readonly {
  readonly args: () => readonly string[];
  readonly code: number;
  readonly error: () => { readonly message: string; readonly hint: string };
}[] = [
  {
    args: () => ["train", "--optimizer", "adm"],
    code: 2,
    error: () => ({ message: 'optimizer "adm": expected sgd, adam, adamw or rmsprop', hint: 'did you mean "adam"?' }),
  },
  {
    args: () => ["train", "--lr", "-1"],
    code: 2,
    error: () => ({ message: "--lr -1: expected a number above 0", hint: "give another --lr" }),
  },
  {
    args: () => ["train", "--lr", "fast"],
    code: 2,
    error: () => ({ message: "--lr fast: expected a number above 0", hint: "give another --lr" }),
  },
  {
    args: () => ["train", "--epochs", "0"],
    code: 2,
    error: () => ({ message: "--epochs 0: expected a whole number of at least 1", hint: "give another --epochs" }),
  },
  {
    args: () => ["train", "--batch", "1.5"],
    code: 2,
    error: () => ({ message: "--batch 1.5: expected a whole number of at least 1", hint: "give another --batch" }),
  },
  {
    args: () => ["train", "--regmie", "relu"],
    code: 2,
    error: () => ({ message: "unknown option '--regmie'", hint: "did you mean --regime?" }),
  },
  {
    args: () => ["trian"],
    code: 2,
    error: () => ({ message: "unknown command 'trian'", hint: "did you mean train?" }),
  },
  {
    args: () => ["help", "trian"],
    code: 2,
    error: () => ({ message: "unknown command 'trian'", hint: "did you mean train?" }),
  },
  {
    args: () => ["help", "data", "nope"],
    code: 2,
    error: () => ({ message: "unknown command 'nope'", hint: "see --help" }),
  },
  {
    args: () => ["train", "--width", "100000000"],
    code: 2,
    error: () => ({
      message:
        "a network of 40000079900000010 parameters, 160000319600000030 bytes: expected at most 1073741824, 4294967296 bytes",
      hint: "give the layers fewer units or channels",
    }),
  },
  {
    args: () => ["no\nsuch"],
    code: 2,
    error: () => ({ message: "unknown command 'no\nsuch'", hint: "see --help" }),
  },
  {
    args: () => ["export", at("relu", "run.json"), "--onnx", at("of-a-file.onnx")],
    code: 1,
    error: () => ({
      message: `${at("relu", "run.json")}, a file: expected the directory of a run, whose network is written as ONNX`,
      hint: "give the directory that train has written; a model in ONNX is taken by all commands with --model",
    }),
  },
  {
    args: () => ["reproduce"],
    code: 2,
    error: () => ({
      message:
        "no experiment: expected fc-mnist-sgd, fc-mnist-adam, vconv-cifar10-sgd, vconv-cifar10-adam, gconv-cifar10-sgd, gconv-cifar10-adam, continuous-features, c4gap-cifar10, shuffled-labels, learnt-layers, binary-mnist, ntk-trace, kernel-machine, kernel-machine-cifar10, monitor-mnist, oblique-trees, theorem, influence-mnist or explain-mnist",
      hint: "name one, or see reproduce --list",
    }),
  },
  {
    args: () => ["reproduce", "fc-mnist-adm"],
    code: 2,
    error: () => ({
      message:
        'experiment "fc-mnist-adm": expected fc-mnist-sgd, fc-mnist-adam, vconv-cifar10-sgd, vconv-cifar10-adam, gconv-cifar10-sgd, gconv-cifar10-adam, continuous-features, c4gap-cifar10, shuffled-labels, learnt-layers, binary-mnist, ntk-trace, kernel-machine, kernel-machine-cifar10, monitor-mnist, oblique-trees, theorem, influence-mnist or explain-mnist',
      hint: 'did you mean "fc-mnist-adam"?',
    }),
  },
  {
    args: () => ["reproduce", "fc-mnist-adam", "--out", at("relu")],
    code: 1,
    error: () => ({
      message: `${at("relu")}, which holds a single run: expected a folder for fc-mnist-adam, quick profile`,
      hint: "choose another folder with --out",
    }),
  },
  {
    args: () => ["train", "--from", at("relu"), "--out", at("new")],
    code: 2,
    error: () => ({
      message:
        '--from with regime "relu": expected --from only with flnpf, which takes another network\'s gates, or frnpf-di, which begins as another network',
      hint: "leave --from out, or say --init",
    }),
  },
  {
    args: () => ["train", "--regime", "flnpf", "--from", at("nothing"), "--out", at("new")],
    code: 1,
    error: () => ({
      message: `${at("nothing")}, which is not there: expected a run directory or an .onnx file`,
      hint: "check the path",
    }),
  },
  {
    args: () => ["train", "--out", at("relu")],
    code: 1,
    error: () => ({
      message: `${at("relu")}, which holds a run already: expected a directory without a run`,
      hint: "choose another with --out, or go on with this one: --resume",
    }),
  },
  {
    args: () => ["train", ...tinyWith({ "--width": "9" }), "--out", at("relu"), "--resume"],
    code: 1,
    error: () => ({
      message: `${at("relu")}, which holds a run of another configuration: expected the configuration that stands in its run.json (only the number of epochs may change)`,
      hint: "repeat the command that made it (it stands in run.json), or choose another directory with --out",
    }),
  },
  {
    args: () => ["evaluate", "--model", at("nothing")],
    code: 1,
    error: () => ({
      message: `${at("nothing")}, which is not there: expected a run directory or an .onnx file`,
      hint: "check the path",
    }),
  },
  {
    args: () => ["evaluate"],
    code: 2,
    error: () => ({ message: "required option '--model <model>' not specified", hint: "see --help" }),
  },
  {
    args: () => ["evaluate", "--modle", at("relu")],
    code: 2,
    error: () => ({ message: "unknown option '--modle'", hint: "did you mean --model?" }),
  },
  {
    args: () => ["train", "--arch", "transformer"],
    code: 2,
    error: () => ({
      message:
        'architecture "transformer": expected fc, vconv, gconv, c4gap, resnet8, vgg16 or the path of a .json file, an .onnx file or a run',
      hint: "choose one of them",
    }),
  },
  {
    args: () => ["npk", "--model", "a.onnx", "--inputs", "x.npy", "--part", "trace", "--part=full"],
    code: 2,
    error: () => ({
      message: "--part given twice, trace and full: expected one value for it",
      hint: "leave one of them out",
    }),
  },
  {
    args: () => ["report"],
    code: 2,
    error: () => ({ message: "missing required argument 'run'", hint: "see --help" }),
  },
  {
    args: () => ["data", "fetch", "mnits"],
    code: 2,
    error: () => ({
      message: 'data set "mnits": expected digits, mnist, fashion-mnist, cifar10 or cifar100',
      hint: 'did you mean "mnist"?',
    }),
  },
];

describe("a mistake", () => {
  it.each(MISTAKES.map((mistake, i) => ({ ...mistake, title: MISTAKES[i]?.args.toString().replaceAll(/\s+/g, " ") })))(
    "$title",
    async ({ args, code, error }) => {
      const before = readdirSync(folder.path, { recursive: true });
      const result = await gatewise([...args(), "--json"]);
      expect(JSON.parse(result.stdout)).toMatchObject({ error: error() });
      expect(result.code).toBe(code);
      expect(readdirSync(folder.path, { recursive: true }), "nothing is left behind").toEqual(before);
    },
  );

  it("is one line and what to do next on a terminal, without a stack", async () => {
    const { stdout, stderr } = await gatewise(["train", "--epochs", "x"]);
    expect(stdout).toBe("");
    expect(stripVTControlCharacters(stderr)).toBe(
      "error --epochs x: expected a whole number of at least 1\n  → give another --epochs\n",
    );
  });

  it("data that are nowhere: says where it looked", async () => {
    const { code, stdout } = await gatewise([
      "train",
      "--data",
      "mnist",
      "--data-dir",
      at("relu"),
      "--out",
      at("new"),
      "--json",
    ]);
    expect(code).toBe(1);
    const { error } = JSON.parse(stdout);
    expect(error.message).toContain(at("relu"));
    expect(error.hint).toContain("gatewise data fetch mnist");
  });

  it("a run without a finished epoch has nothing to predict with", async () => {
    await mkdir(at("empty"));
    await writeFile(at("empty", "run.json"), await readFile(at("relu", "run.json")));
    expect(
      JSON.parse((await gatewise(["export", at("empty"), "--onnx", at("x.onnx"), "--json"])).stdout),
    ).toMatchObject({
      error: {
        message: `${at("empty")} without best.safetensors: expected a run with at least one finished epoch`,
        hint: "resume the run (--resume), or choose another",
      },
    });
  });

  it("a loss that breaks keeps the epochs before", async () => {
    const args = [
      "train",
      ...TINY,
      "--optimizer",
      "sgd",
      "--lr",
      "1e30",
      "--epochs",
      "3",
      "--out",
      at("broken"),
      "--json",
    ];
    const { code, stdout } = await gatewise(args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error.message).toMatch(
      /^a loss of (NaN|Infinity) in epoch 1, step \d+: expected a finite loss$/,
    );
    expect(JSON.parse(await readFile(at("broken", "run.json"), "utf8"))).toMatchObject({ status: "failed" });
  });
});

describe("an exported network", () => {
  it.each(["relu", "frnpf-di", "dlgn-sf"] as const)("%s predicts in ONNX Runtime as evaluate says", async (regime) => {
    const file = at(`${regime}.onnx`);
    expect((await gatewise(["export", at(regime), "--onnx", file])).code).toBe(0);
    const { accuracy } = JSON.parse((await gatewise(["evaluate", "--model", at(regime), "--json"])).stdout);
    const held = await readBest(at(regime));
    const { initializers } = readModel(await readFile(file));
    for (const [name, array] of Object.entries(byName(held.parameters)))
      expect(initializers.get(name), name).toEqual(array);

    const { test } = await loadDataset("digits", { environment: {}, cacheDir: "" });
    const examples = test.labels.data.length;
    const session = await InferenceSession.create(file);
    const pixels = Float32Array.from(test.inputs.data, (byte) => byte / 255);
    const { logits } = await session.run({ input: new Tensor("float32", pixels, [examples, 28, 28]) });
    const values = Array.from({ length: examples }, (_, i) =>
      Array.from({ length: 10 }, (__, k) => Number(logits?.data[10 * i + k])),
    );
    const correct = values.filter((row, i) => row.indexOf(Math.max(...row)) === test.labels.data[i]).length;
    expect((100 * correct) / examples).toBe(accuracy);
    await session.release();
  });
});

describe("a process", () => {
  it.each([
    { signal: "SIGINT", code: 130 },
    { signal: "SIGTERM", code: 75 },
  ] as const)("stops cleanly at $signal with $code, and its hint works as printed", async ({ signal, code }) => {
    const out = `it's ${signal}`;
    const child = startGatewise(folder.path, ["train", ...TINY, "--epochs", "150", "--out", out]);
    const end = endOf(child);
    while (!readdirSync(folder.path).includes(out) || !readdirSync(at(out)).includes("last.safetensors")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill(signal);
    const stopped = await end;
    expect(stopped.code).toBe(code);
    expect(stopped.stdout).toBe("");
    const [, hint = ""] = stopped.stderr.split("\n");
    const command = `gatewise train ${TINY.join(" ")} --epochs 150 --out 'it'\\''s ${signal}' --resume`;
    expect(stopped.stderr).toBe(`interrupted; to go on:\n  ${command}\n`);
    expect(JSON.parse(await readFile(at(out, "run.json"), "utf8"))).toMatchObject({ status: "interrupted" });
    // the hints are the same
    if (signal !== "SIGINT") return;
    const resumed = await endOf(startInShell(folder.path, `${hint} --json`));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ run: out, epochs: 150 });
    expect((await readFile(at(out, "metrics.jsonl"), "utf8")).trim().split("\n")).toHaveLength(150);
  });

  it("quotes what a shell would split", () => {
    expect(commandLine(["train", "--out", "my runs/it's"])).toBe("gatewise train --out 'my runs/it'\\''s'");
    expect(commandLine(["train", "--out", ""])).toBe("gatewise train --out ''");
  });

  it("gives a shell the words that it got", () => {
    const words = fc.array(
      fc.string({ unit: "binary" }).map((word) => word.replaceAll("\0", "")),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(words, (args) => {
        const line = commandLine(args).replace("gatewise", "printf '%s\\0' x");
        const output = execFileSync("sh", ["-c", line], { encoding: "utf8" });
        expect(output.split("\0").slice(1, -1)).toEqual(args.map((word) => Buffer.from(word).toString()));
      }),
      { numRuns: propertyRuns(40) },
    );
  });
});
