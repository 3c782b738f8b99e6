import { describe, expect, it } from "vitest";
import {
  EXPERIMENTS,
  type Experiment,
  fcMnistAdam,
  fcMnistSgd,
  meanAndDeviation,
  type PublishedFigure,
  summarize,
  trialsOf,
} from "../../src/experiments/index.ts";
import { fullyConnected, type RegimeName } from "../../src/network/index.ts";
import { GCONV, VCONV } from "../network/architectures.ts";
import { expectClose } from "../support/expect-close.ts";

/** The table of theory 6.3 as it stands there, row by row: FRNPF(II), FRNPF(DI), DLNPF, FLNPF, ReLU. */
const COLUMNS = ["frnpf-ii", "frnpf-di", "dlnpf", "flnpf", "relu"] as const;
const FC = fullyConnected({ inputShape: [28, 28], depth: 6, width: 128, outputs: 10, bias: true });
const sgd = (learningRate: number) => ({ kind: "sgd", learningRate, momentum: 0 });
const adam = (learningRate: number) => ({ kind: "adam", learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 });
const ROWS = [
  ["fc-mnist-sgd", FC, sgd(1e-2), 300, "95.85±0.10 95.85±0.17 97.86±0.11 97.10±0.09 97.85±0.09"],
  ["fc-mnist-adam", FC, adam(1e-4), 100, "96.02±0.13 96.09±0.12 98.22±0.05 97.82±0.02 98.14±0.07"],
  ["vconv-cifar10-sgd", VCONV, sgd(1e-2), 80, "58.92±0.62 58.83±0.27 63.21±0.07 63.06±0.73 67.02±0.43"],
  ["vconv-cifar10-adam", VCONV, adam(3e-4), 80, "64.86±1.18 64.68±0.84 69.45±0.76 71.40±0.47 72.43±0.54"],
  ["gconv-cifar10-sgd", GCONV, sgd(1e-1), 100, "67.36±0.56 66.86±0.44 74.57±0.43 78.52±0.39 78.90±0.37"],
  ["gconv-cifar10-adam", GCONV, adam(3e-4), 200, "67.09±0.58 67.08±0.27 77.12±0.19 79.68±0.32 80.32±0.35"],
] as const;

const ALL: readonly Experiment[] = EXPERIMENTS;
const REGIMES = ALL.flatMap((one) => (one.kind === "regimes" ? [one] : []));

describe("protocols are those of theory 6.1 and 6.3", () => {
  it("every row has its experiment", () => {
    expect(REGIMES.map(({ name }) => name)).toEqual(ROWS.map(([name]) => name));
  });

  it.each(ROWS)("%s", (name, architecture, optimizer, epochs, figures) => {
    const experiment = REGIMES.find((one) => one.name === name);
    const cells = figures.split(" ").map((cell): PublishedFigure => {
      const [mean, std] = cell.split("±").map(Number);
      return [mean ?? Number.NaN, std ?? Number.NaN];
    });
    expect(experiment).toMatchObject({
      published: Object.fromEntries(COLUMNS.map((regime, i) => [regime, cells[i]])),
      optimizer,
      architecture,
      initializer: { kind: "glorot-uniform" },
      loss: "softmax-cross-entropy",
      batch: 32,
    });
    const data = name.startsWith("fc") ? "mnist" : "cifar10";
    expect(experiment?.profiles.full).toEqual({ data, epochs, runs: 5 });
    expect(experiment?.profiles.quick.data).toBe(data === "mnist" ? "digits" : data);
  });

  it("survive JSON", () => {
    expect(JSON.parse(JSON.stringify(EXPERIMENTS))).toEqual(EXPERIMENTS);
  });
});

describe("trialsOf", () => {
  const idsOf = (regimes: readonly RegimeName[], seeds = 1) =>
    trialsOf(fcMnistAdam, fcMnistAdam.profiles.full, { regimes, seeds }).map(({ id }) => id);

  it("has every regime with every seed, seed by seed", () => {
    const trials = trialsOf(fcMnistSgd, fcMnistSgd.profiles.full);
    const regimes = ["relu", "frnpf-ii", "frnpf-di", "flnpf", "dlnpf"];
    expect(trials.map(({ id }) => id)).toEqual(
      [0, 1, 2, 3, 4].flatMap((seed) => regimes.map((one) => `${one}-seed${seed}`)),
    );
    expect(trials.every(({ plan }) => plan.epochs === 300)).toBe(true);
    for (const { id, plan } of trials) expect(id).toBe(`${plan.regime}-seed${plan.seed}`);
  });

  it("flnpf alone waits for the relu trial of its seed, which comes before it", () => {
    const trials = trialsOf(fcMnistSgd, fcMnistSgd.profiles.quick, { seeds: 3, epochs: 2 });
    for (const { plan, learntFrom } of trials) {
      const source = { trial: `relu-seed${plan.seed}`, until: undefined };
      expect(learntFrom).toEqual(plan.regime === "flnpf" ? source : undefined);
      expect(plan.epochs).toBe(2);
    }
  });

  it.each<{ title: string; regimes: readonly RegimeName[]; wanted: readonly string[] }>([
    { title: "adds the relu trial that flnpf needs", regimes: ["flnpf"], wanted: ["relu-seed0", "flnpf-seed0"] },
    {
      title: "puts it first",
      regimes: ["flnpf", "dlnpf", "relu"],
      wanted: ["relu-seed0", "flnpf-seed0", "dlnpf-seed0"],
    },
    { title: "takes a regime once", regimes: ["dlnpf", "dlnpf"], wanted: ["dlnpf-seed0"] },
    { title: "keeps the order asked for", regimes: ["dlnpf", "relu"], wanted: ["dlnpf-seed0", "relu-seed0"] },
  ])("$title", ({ regimes, wanted }) => expect(idsOf(regimes)).toEqual(wanted));
});

describe("summaries", () => {
  /** numpy 2: a.mean(), a.std(ddof=1) */
  it.each([
    { values: [1, 2, 3, 4], mean: 2.5, std: 1.2909944487358056 },
    { values: [97.85, 97.76, 97.94], mean: 97.85, std: 0.09 },
    { values: [96.5], mean: 96.5, std: 0 },
    { values: [5, 5, 5], mean: 5, std: 0 },
  ])("of $values", ({ values, mean, std }) => {
    const got = meanAndDeviation(values);
    expectClose([got.mean, got.std], [mean, std], { relative: 1e-12, absolute: 1e-12 });
  });

  it("rows stand in the order of theory 5.4, whichever run ended first", () => {
    const results = [
      { regime: "dlnpf", bestTestAccuracy: 90 },
      { regime: "relu", bestTestAccuracy: 96 },
      { regime: "dlnpf", bestTestAccuracy: 92 },
    ] as const;
    expect(summarize({ published: { relu: [97.85, 0.09] } }, results)).toEqual([
      {
        ...{ regime: "relu", title: "ReLU", mean: 96, std: 0, runs: [96] },
        ...{ published: [97.85, 0.09], difference: 96 - 97.85 },
      },
      {
        ...{ regime: "dlnpf", title: "DLNPF", mean: 91, std: Math.SQRT2, runs: [90, 92] },
        ...{ published: null, difference: null },
      },
    ]);
  });
});
