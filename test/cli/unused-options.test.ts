import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandLine } from "../../src/cli/context.ts";
import { writeNpy } from "../../src/data/index.ts";
import { float32 } from "../../src/graph/index.ts";
import { endOf, gatewiseHere as gatewise, startGatewise, TINY, tinyWith } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Options that would say nothing beside the others: wrong usage, told before anything is read. */
const NPK = ["npk", "--model", "m.onnx", "--inputs", "x.npy"] as const;
const REFUSED = [
  {
    args: ["reproduce", "theorem", "--device", "webgpu"],
    message: "--device webgpu with theorem: expected cpu: its kernels are made in float64, which other devices lack",
    hint: "leave --device out",
  },
  {
    args: ["reproduce", "theorem", "--epochs", "3"],
    message: "--epochs with theorem: expected no such option: it draws networks and trains none",
    hint: "leave it out",
  },
  {
    args: ["reproduce", "oblique-trees", "--data-dir", "d"],
    message: "--data-dir with oblique-trees: expected no such option: it draws its data and trains its two networks",
    hint: "leave it out",
  },
  {
    args: ["reproduce", "binary-mnist", "--workers", "2"],
    message: "--workers with binary-mnist: expected no such option: it trains one network after the other",
    hint: "leave it out",
  },
  {
    args: ["reproduce", "continuous-features", "--regimes", "relu"],
    message: "--regimes with continuous-features: expected no such option: it compares what it names itself",
    hint: "leave it out",
  },
  {
    args: ["reproduce", "theorem", "--list"],
    message: "theorem with --list: expected --list alone: it lists all experiments with both profiles",
    hint: "leave --list out",
  },
  {
    args: ["reproduce", "--list", "--profile", "full"],
    message: "--profile with --list: expected --list alone: it lists all experiments with both profiles",
    hint: "leave --profile out",
  },
  {
    args: ["reproduce", "fc-mnist-sgd", "--device", "cuda"],
    message: 'device "cuda": expected cpu or webgpu',
    hint: "choose one of them",
  },
  {
    args: ["train", "--threads", "2", "--device", "webgpu"],
    message: "--threads 2 with --device webgpu: expected threads of the processor, which trains with --device cpu only",
    hint: "leave one of them out",
  },
  {
    args: ["train", "--from", "run"],
    message:
      '--from with regime "relu": expected --from only with flnpf, which takes another network\'s gates, or frnpf-di, which begins as another network',
    hint: "leave --from out, or say --init",
  },
  {
    args: ["train", "--arch", "gconv", "--depth", "4"],
    message: "--depth 4 with --arch gconv: expected a depth only with fc",
    hint: "leave --depth out",
  },
  {
    args: ["train", "--arch", "net.json", "--width", "4"],
    message: "--width 4 with --arch net.json: expected no width: the file says all sizes",
    hint: "leave --width out",
  },
  {
    args: ["train", "--regime", "frnpf-ii", "--beta", "3"],
    message: 'regime "frnpf-ii", which has hard gates: expected soft gates, if beta is given',
    hint: "choose dlnpf, dlgn or dlgn-sf, or leave the option out",
  },
  {
    args: ["paths", "--model", "", "--inputs", "x.npy"],
    message: '--model "": expected a value',
    hint: "give another --model",
  },
  {
    args: ["data", "fetch", ""],
    message: 'argument "": expected a value',
    hint: "give another argument",
  },
  {
    args: [...NPK, "--seed", "3"],
    message: "--seed without --features: expected random path features, which are drawn",
    hint: "add --features R, or leave --seed out",
  },
  {
    args: [...NPK, "--dtype", "float32"],
    message: "--dtype without --out: expected a file for the kernel",
    hint: "add --out kernel.npy, or leave --dtype out",
  },
  {
    args: [...NPK, "--resume"],
    message: "--resume without --out: expected the file to go on with",
    hint: "add --out kernel.npy, or leave --resume out",
  },
  {
    args: [...NPK, "--out", "k.npy", "--features", "8", "--resume"],
    message: "--resume with --features: expected a whole exact kernel: all else is made at once, in memory",
    hint: "leave --resume out",
  },
  {
    args: [...NPK, "--out", "k.npy", "--part", "diagonal", "--resume"],
    message: "--resume with --part diagonal: expected a whole exact kernel: all else is made at once, in memory",
    hint: "leave --resume out",
  },
  {
    args: [...NPK, "--features", "8", "--normalize", "width"],
    message: "--features with --normalize width: expected a whole kernel, normalized by nothing or by its trace",
    hint: "leave --features out for the exact kernel",
  },
  {
    args: ["kernel-fit", "--kernel", "k.npy", "--labels", "y.npy", "--test-labels", "z.npy"],
    message: "--test-labels alone: expected --test-kernel beside it",
    hint: "give both or none",
  },
] as const;

describe("an option without use is refused", () => {
  it.each(REFUSED.map((row) => ({ ...row, title: row.args.join(" ") })))("$title", async ({ args, message, hint }) => {
    const { code, stdout, stderr } = await gatewise([...args, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { message, hint } });
    expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
  });
});

describe("an option without use is told", () => {
  it("data that come with the package, and limits beyond them", async () => {
    await using folder = await temporaryFolder();
    const limits = tinyWith({ "--limit": "90000", "--test-limit": "20000" });
    const options = [...limits, "--data-dir", "/data", "--epochs", "1", "--out", join(folder.path, "run")];
    const { code, stderr } = await gatewise(["train", ...options]);
    expect(code, stderr).toBe(0);
    expect(stderr.split("\n").filter((line) => line.includes("--"))).toEqual([
      "--data-dir /data is not read: the digits come with the package",
      "--limit 90000: there are 8000 examples, all are taken",
      "--test-limit 20000: there are 2000 examples, all are taken",
    ]);
    const evaluated = await gatewise(["evaluate", "--model", join(folder.path, "run"), "--data-dir", "/data"]);
    expect(evaluated.stderr).toBe("--data-dir /data is not read: the digits come with the package\n");
  });
});

describe("what is told after an interruption", () => {
  it.each([
    { options: ["--out", "k.npy"], resume: true },
    { options: ["--out", "k.npy", "--features", "8"], resume: false },
    { options: ["--out", "k.npy", "--part", "diagonal"], resume: false },
    { options: [], resume: false },
  ])("npk $options: --resume where something is left to go on with", async ({ options, resume }) => {
    await using folder = await temporaryFolder();
    const [run, x] = [join(folder.path, "run"), join(folder.path, "x.npy")];
    expect((await gatewise(["train", ...TINY, "--epochs", "1", "--out", run])).code).toBe(0);
    await writeFile(x, writeNpy(float32([3, 28, 28], new Float32Array(3 * 784).fill(0.5))));
    const args = [
      "npk",
      "--model",
      run,
      "--inputs",
      x,
      ...options.map((word) => word.replace("k.npy", `${run}.k.npy`)),
    ];
    const { code, stdout } = await gatewise([...args, "--json"], AbortSignal.abort(130));
    expect(code).toBe(130);
    const line = commandLine([...args, "--json", ...(resume ? ["--resume"] : [])]);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { message: "interrupted: expected to run to its end", hint: `to go on: ${line}` },
    });
  });
});

// Linux finds drivers by this variable; elsewhere a device may be there all the same
describe.runIf(process.platform === "linux")("--device of an experiment is used", () => {
  it.each(["oblique-trees", "binary-mnist", "fc-mnist-adam"])("%s", async (name) => {
    await using folder = await temporaryFolder();
    const args = ["reproduce", name, "--epochs", "1", "--seeds", "1", "--device", "webgpu", "--json"];
    const through = ["env", "VK_ICD_FILENAMES=/nowhere.json", "LD_LIBRARY_PATH="];
    const { code, stdout } = await endOf(startGatewise(folder.path, args, { through }));
    expect(code).toBe(1);
    const { error, failed } = JSON.parse(stdout);
    const { message, hint } = error ?? failed[0];
    expect(message).toMatch(/^device "webgpu", which does not start/);
    expect(hint).toBe(
      "use --device cpu, or install a driver for it (Vulkan for webgpu, ONNX Runtime's CUDA provider for cuda)",
    );
    const written = readdirSync(folder.path, { recursive: true }).map(String);
    expect(written.filter((file) => /seed0.*\.(json|safetensors)$/.test(file))).toEqual([]);
  });
});
