/** `dissect`: the whole question in one command. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedModel } from "../../src/runs/node/index.ts";
import { gatewiseHere } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf } from "../support/tiny-trials.ts";

const folder = await temporaryFolder();
const at = (name: string): string => join(folder.path, name);
afterAll(async () => await folder[Symbol.asyncDispose]());

const NET = {
  layers: [
    { kind: "flatten" },
    ...[12, 12].map((units) => ({ kind: "dense", units })),
    { kind: "dense", units: 10, gated: false },
  ],
};
const ARGS = ["--data", "digits", "--epochs", "1", "--seeds", "1", "--kernel-examples", "60", "--workers", "1"];

beforeAll(async () => {
  await writeFile(at("net.json"), JSON.stringify(NET));
  const args = ["train", "--arch", at("net.json"), "--lr", "0.003", "--epochs", "2", "--out", at("run")];
  const { code, stderr } = await gatewiseHere(args);
  expect(code, stderr).toBe(0);
  await writeFile(at("net.onnx"), (await exportedModel(at("run"))).bytes);
}, 60_000);

describe("gatewise dissect", () => {
  it("tells rows, the share in the gates and a sentence, and leaves a report", async () => {
    const args = ["dissect", "--model", at("net.onnx"), ...ARGS, "--anew", "--out", at("out"), "--json"];
    const { code, stdout, stderr } = await gatewiseHere(args);
    expect(code, stdout + stderr).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.rows.map(({ what }: { readonly what: string }) => what)).toEqual([
      "model",
      "gates",
      "random",
      "anew",
      "kernel of its gates",
      "kernel of random gates",
    ]);
    const [model, gates, random] = result.rows;
    expect(gates.runs).toHaveLength(1);
    // another way to the same figures
    const evaluated = async (of: string): Promise<number> =>
      JSON.parse((await gatewiseHere(["evaluate", "--model", of, "--data", "digits", "--json"])).stdout).accuracy;
    expect(model.mean).toBeCloseTo(await evaluated(at("net.onnx")), 9);
    const run = JSON.parse(await readFile(at("out/gates-seed0/run.json"), "utf8"));
    expect(gates.mean).toBeCloseTo(run.result.lastTestAccuracy, 9);
    expect(gates.best.mean).toBeCloseTo(run.result.bestTestAccuracy, 9);
    expect(result.model.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const share = (gates.mean - random.mean) / (model.mean - random.mean);
    if (result.shareInGates !== null) expect(result.shareInGates.value).toBeCloseTo(share, 9);
    expect(result.answer).toContain("over random gates");
    expect(await readFile(result.report, "utf8")).toContain(result.answer);
    expect(JSON.parse(await readFile(at("out/dissect.json"), "utf8"))).toEqual(result);

    // its page again, wherever it is asked for
    const page = await readFile(result.report, "utf8");
    expect((await gatewiseHere(["report", at("out"), "--out", at("again/page.html")])).code).toBe(0);
    expect(await readFile(at("again/page.html"), "utf8")).toBe(page);
    await writeFile(at("again/dissect.json"), JSON.stringify({ ...result, rows: [{ ...model, mean: "96" }] }));
    const damaged = await gatewiseHere(["report", at("again")]);
    expect(damaged.code).not.toBe(0);
    expect(damaged.stderr).toContain("dissect.json, rows.0.mean");
  });

  it("measures real values by R², on a run's own table, normalized as the run was", async () => {
    const rows = Array.from({ length: 120 }, (_, i) => {
      const [a, b, c] = [0, 1, 2].map((k) => (((i + 1) * (3 * k + 7) * 131) % 101) / 101) as [number, number, number];
      return [50 * a, 5 + b, c, Math.abs(50 * a - 25) + 10 * b].join();
    });
    await writeFile(at("table.csv"), ["a,b,c,y", ...rows].join("\n"));
    const shape = ["--width", "8", "--depth", "3", "--lr", "0.01", "--epochs", "3"];
    const data = ["--data", at("table.csv"), "--label", "y", "--standardize"];
    expect((await gatewiseHere(["train", ...data, ...shape, "--out", at("table-run")])).code).toBe(0);
    const args = ["--epochs", "2", "--seeds", "1", "--kernel-examples", "10", "--out", at("table-out"), "--json"];
    const { code, stdout } = await gatewiseHere(["dissect", "--model", at("table-run"), ...args]);
    expect(code, stdout).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.measure).toBe("R²");
    // another way to the same figures: raw features through another path would give another R²
    const { r2, rmse } = JSON.parse((await gatewiseHere(["evaluate", "--model", at("table-run"), "--json"])).stdout);
    expect(result.rows[0].mean).toBeCloseTo(r2, 5);
    expect(result.rows[0].rmse.mean).toBeCloseTo(rmse, 4);
    // one value: on the same examples, what R² lacks to 1 is the square of this, by the variance
    const deviation = rmse / Math.sqrt(1 - r2);
    for (const { mean, rmse: own } of result.rows.slice(1, 3)) {
      expect(own.mean).toBeCloseTo(deviation * Math.sqrt(1 - mean), 4);
      expect(own.runs).toHaveLength(1);
    }
    for (const { rmse: own } of result.rows.slice(3)) expect(own.mean).toBeGreaterThan(0);
    const page = await readFile(result.report, "utf8");
    expect(page).toMatch(/<th[^>]*>RMSE<\/th>/);
    const trained = JSON.parse(await readFile(at("table-out/gates-seed0/run.json"), "utf8"));
    const own = JSON.parse(await readFile(at("table-run/run.json"), "utf8"));
    expect(trained.plan.normalization).toEqual(own.plan.normalization);
    expect(own.plan.normalization.factor).toHaveLength(3);
  });

  it("goes on with what is there, and takes a run as well as a model", async () => {
    const again = ["dissect", "--model", at("net.onnx"), ...ARGS, "--anew", "--out", at("out"), "--json"];
    const { code, stdout } = await gatewiseHere([...again, "--resume"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(at("out/dissect.json"), "utf8")));
    const { code: second, stderr } = await gatewiseHere([
      "dissect",
      "--model",
      at("run"),
      ...ARGS,
      "--out",
      at("of-run"),
    ]);
    expect(second, stderr).toBe(0);
    // the same network by whatever file: the same gates, the same trainings
    expect(await contentOf(at("of-run/gates-seed0"))).toEqual(await contentOf(at("out/gates-seed0")));
  });

  it("refuses a folder with runs before it measures anything", async () => {
    const args = ["dissect", "--model", at("net.onnx"), ...ARGS, "--out", at("out")];
    const { code, stderr } = await gatewiseHere(args);
    expect(code).toBe(1);
    expect(stderr).toContain(`error ${at("out/gates-seed0")}, which holds a run already: expected a directory`);
    expect(stderr).toContain("--resume");
    expect(stderr).not.toContain("kernel machine");
  });

  it.each([
    [
      ["--data", "cifar10"],
      1,
      "NET, which reads [1, 28, 28]: expected an input of 3072 numbers, as the examples of [3, 32, 32] have",
    ],
    [
      ["--data", "digts"],
      2,
      'data set "digts": expected digits, mnist, fashion-mnist, cifar10, cifar100 or a file or folder of your own (./NAME)',
    ],
  ])("refuses %j", async (data, code, message) => {
    const found = await gatewiseHere(["dissect", "--model", at("net.onnx"), ...data, "--out", at("new"), "--json"]);
    expect({ code: found.code, message: JSON.parse(found.stdout).error.message }).toEqual({
      code,
      message: message.replace("NET", at("net.onnx")),
    });
  });
});
