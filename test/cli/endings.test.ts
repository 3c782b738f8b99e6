/** How commands end that do not get to their end: interrupted, refused half-way, without a terminal. */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/data/index.ts";
import { sizeOf } from "../../src/graph/index.ts";
import { PAPER_REGIMES } from "../../src/network/index.ts";
import { endOf, gatewiseHere as gatewise, startGatewise, TINY, tinyWith } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CODES = [130, 75] as const;
const at130 = AbortSignal.abort(130);

/** Commands that are interrupted before they have done anything, and how to go on; `DIR` is a folder of the test. */
const INTERRUPTED = [
  {
    title: "train",
    args: ["train", ...TINY, "--out", "DIR/x"],
    next: `gatewise train ${TINY.join(" ")} --out DIR/x --json --resume`,
  },
  {
    title: "train --resume",
    args: ["train", ...TINY, "--resume", "--out", "DIR/x --resume"],
    next: `gatewise train ${TINY.join(" ")} --resume --out 'DIR/x --resume' --json`,
  },
  {
    title: "train flnpf",
    args: ["train", "--regime", "flnpf", ...TINY, "--out", "DIR/x"],
    next: `gatewise train --regime flnpf ${TINY.join(" ")} --out DIR/x --json --resume`,
  },
  // what --resume is refused for is not gone on with by it
  ...["npk", "ntk"].flatMap((command) => {
    const args = [command, "--model", "test/golden/flow/mlp.onnx", "--inputs", "test/golden/flow/mlp.x.npy"];
    return [
      { title: `${command} without a file`, args, next: `gatewise ${args.join(" ")} --json` },
      {
        title: `${command} into a file`,
        args: [...args, "--threads", "1", "--out", "DIR/k.npy"],
        next: `gatewise ${args.join(" ")} --threads 1 --out DIR/k.npy --json --resume`,
      },
    ];
  }),
];

describe("interrupted with --json", () => {
  it.each(INTERRUPTED.flatMap((row) => CODES.map((code) => ({ ...row, code }))))(
    "$title ends with $code and one value",
    async ({ args, next, code }) => {
      await using folder = await temporaryFolder();
      const inFolder = (text: string): string => text.replace("DIR", folder.path);
      const result = await gatewise([...args.map(inFolder), "--json"], AbortSignal.abort(code));
      expect(JSON.parse(result.stdout)).toMatchObject({
        error: { message: "interrupted: expected to run to its end", hint: `to go on: ${inFolder(next)}` },
      });
      expect(result).toMatchObject({ code, stderr: "" });
    },
  );

  it("demo names the trials that are missing", async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, "demo");
    const { code, stdout, stderr } = await gatewise(["demo", "--out", out, "--json"], at130);
    expect(code).toBe(130);
    expect(stderr).toBe("");
    const state = { status: "not-started", epochs: 0, of: 40 };
    const missing = [0, 1].flatMap((seed) =>
      PAPER_REGIMES.map((regime) => ({ id: `${regime}-seed${seed}`, regime, seed, ...state })),
    );
    expect(JSON.parse(stdout)).toEqual({
      experiment: "fc-mnist-adam",
      profile: "quick",
      rows: [],
      report: join(out, "report.html"),
      failed: [],
      missing,
    });
  });
});

it("reproduce prints a command to go on that a shell can read", async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, "it's here");
  const args = ["reproduce", "fc-mnist-sgd", "--regimes", "relu,dlnpf", "--seeds", "3", "--epochs", "5", "--out", out];
  const { code, stderr } = await gatewise(args, at130);
  expect(code).toBe(130);
  const quoted = `'${out.replace("'", "'\\''")}'`;
  expect(stderr).toContain(
    `6 of 6 trials are not done; to go on:\n  gatewise reproduce fc-mnist-sgd --profile quick --out ${quoted} --regimes relu,dlnpf --seeds 3 --epochs 5 --resume\n`,
  );
});

it("reproduce keeps what its folder is for when only a part goes on", async () => {
  await using folder = await temporaryFolder();
  const args = (regime: string, seeds: string) => [
    "reproduce",
    "fc-mnist-sgd",
    "--regimes",
    regime,
    "--seeds",
    seeds,
    "--out",
    folder.path,
    "--resume",
  ];
  await gatewise(args("relu,dlnpf", "3"), at130);
  await gatewise(args("frnpf-ii", "1"), at130);
  expect(JSON.parse(await readFile(join(folder.path, "experiment.json"), "utf8"))).toMatchObject({
    options: { regimes: ["relu", "dlnpf", "frnpf-ii"], seeds: 3 },
  });
});

describe("without a command", () => {
  it.each([
    { args: ["--json"], line: "gatewise --json" },
    { args: ["data", "--json"], line: "gatewise data --json" },
  ])("$line says so", async ({ args, line }) => {
    const { code, stdout, stderr } = await gatewise(args);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { message: `${line}: expected a command behind it`, hint: "see --help" },
    });
    expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
  });

  it("a person sees the help", async () => {
    const { code, stdout, stderr } = await gatewise([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: gatewise");
  });
});

/** Refused in the midst of their work, with nothing written; `DIR` holds `file`, `empty/` and a `run/`. */
const REFUSED = [
  {
    title: "train below a file",
    args: ["train", ...TINY, "--out", "DIR/file/run"],
    message: "DIR/file/run/run.json: a part of the path is not a directory: expected a readable file",
    hint: "give a folder",
  },
  {
    title: "train into a file",
    args: ["train", ...TINY, "--out", "DIR/file"],
    message: "DIR/file/run.json: a part of the path is not a directory: expected a readable file",
    hint: "give a folder",
  },
  {
    title: "train flnpf, which trains its relu first, into a folder that holds a run",
    args: ["train", "--regime", "flnpf", ...TINY, "--out", "DIR/run"],
    message: "DIR/run, which holds a run already: expected a directory without a run",
    hint: "choose another with --out, or go on with this one: --resume",
  },
  {
    title: "train from a run of another shape",
    args: ["train", "--regime", "flnpf", ...tinyWith({ "--width": "9" }), "--from", "DIR/run", "--out", "DIR/new"],
    message:
      "gates of DIR/run of [8] for gate layer 1 of [9]: expected as many units or channels as the value network has there, or a number that divides them",
    hint: "give the value network a width that is a multiple of the source's",
  },
  {
    title: "train on data that are nowhere",
    args: ["train", ...TINY, "--data", "mnist", "--data-dir", "DIR/empty", "--out", "DIR/new"],
    message:
      "data set mnist: not in DIR/empty, /nowhere: expected its four IDX files in one of them, or in mnist/ or MNIST/raw/ there",
    hint: 'run "gatewise data fetch mnist", or say with --data-dir where the files are',
  },
  {
    title: "reproduce on data that are nowhere",
    args: ["reproduce", "fc-mnist-sgd", "--profile", "full", "--data-dir", "DIR/empty", "--out", "DIR/new"],
    message:
      "data set mnist: not in DIR/empty, /nowhere: expected its four IDX files in one of them, or in mnist/ or MNIST/raw/ there",
    hint: 'run "gatewise data fetch mnist", or say with --data-dir where the files are',
  },
  {
    title: "reproduce into a file",
    args: ["reproduce", "fc-mnist-sgd", "--out", "DIR/file"],
    message: "DIR/file: a file, not a directory: expected a folder to write to",
    hint: "give a folder",
  },
  {
    title: "export into a missing folder",
    args: ["export", "DIR/run", "--onnx", "DIR/missing/x.onnx"],
    message: "DIR/missing/x.onnx: does not exist: expected a file that can be written",
    hint: "check the path",
  },
  {
    title: "report of an empty folder",
    args: ["report", "DIR/empty"],
    message: "DIR/empty without a run.json: expected a run directory, as train and reproduce write it",
    hint: "check the path; reproduce puts each run into a folder of its own",
  },
  {
    title: "report of a folder that is not there beside one that is",
    args: ["report", "DIR/run", "DIR/missing", "--out", "DIR/new/report.html"],
    message: "DIR/missing without a run.json: expected a run directory, as train and reproduce write it",
    hint: "check the path; reproduce puts each run into a folder of its own",
  },
];

it("what is refused leaves nothing behind", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "content");
  await mkdir(join(folder.path, "empty"));
  await gatewise(["train", ...TINY, "--epochs", "1", "--out", join(folder.path, "run")]);
  const before = readdirSync(folder.path, { recursive: true });
  for (const { title, args, message, hint } of REFUSED) {
    const inFolder = (text: string): string => text.replaceAll(/\bDIR\b/g, folder.path);
    const { code, stdout, stderr } = await gatewise([...args.map(inFolder), "--json"]);
    expect(JSON.parse(stdout), title).toMatchObject({ error: { message: inFolder(message), hint } });
    expect({ code, stderr }, title).toEqual({ code: 1, stderr: "" });
    expect(readdirSync(folder.path, { recursive: true }), title).toEqual(before);
  }
});

it("a process in a pipe draws no progress", async () => {
  await using folder = await temporaryFolder();
  const { code, stdout, stderr } = await endOf(startGatewise(folder.path, ["train", ...TINY, "--epochs", "2"]));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^regime +epochs +best test accuracy % +last +s\/epoch +run\nrelu +2 /);
});

it("data list tells what is here and what is not", async () => {
  const { code, stdout } = await gatewise(["data", "list", "--json"]);
  expect(code).toBe(0);
  const sets = JSON.parse(stdout);
  expect(sets[0]).toMatchObject({ name: "digits", available: true, inputShape: [28, 28] });
  expect(sets.slice(1)).toMatchObject([
    { name: "mnist", available: false },
    { name: "fashion-mnist", available: false },
    { name: "cifar10", available: false },
    { name: "cifar100", available: false },
  ]);
});

it.each(["relu", "flnpf", "dlgn-sf"] as const)(
  "the export of a %s network holds all its parameters and little else",
  async (regime) => {
    await using folder = await temporaryFolder();
    const [run, onnx] = [join(folder.path, "run"), join(folder.path, "x.onnx")];
    await gatewise(["train", "--regime", regime, ...TINY, "--epochs", "1", "--out", run]);
    expect((await gatewise(["export", run, "--onnx", onnx])).code).toBe(0);
    const { tensors } = readSafetensors(await readFile(join(run, "best.safetensors")));
    const names = Object.keys(tensors);
    expect(new Set(names.map((name) => name.split(".")[0]))).toEqual(
      new Set(regime === "relu" ? ["value"] : ["value", "feature"]),
    );
    const parameters = Object.values(tensors).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
    const { length } = await readFile(onnx);
    expect(length).toBeGreaterThan(parameters);
    expect(length).toBeLessThan(parameters + 8000);
    expect(existsSync(`${onnx}.tmp`)).toBe(false);
  },
);
