/** Trials of what is asked for: each once, known by its identity, with the runs that give gates. */
import { describe, expect, it } from "vitest";
import {
  EXPERIMENTS,
  gconvCifar10Adam,
  readTrainingOptions,
  trainingOf,
  trialsOf,
} from "../../src/experiments/index.ts";
import { partsAsked } from "../../src/runs/index.ts";
import {
  pointsOf,
  readSpecification,
  trialsOfExperiment,
  trialsOfParts,
  trialsOfTrainings,
} from "../../src/sweeps/index.ts";
import { rejectionOf } from "../support/error-of.ts";

const asked = (specification: unknown) =>
  pointsOf(readSpecification(JSON.stringify(specification), "s.json")).map(({ options, settings }) => ({
    settings,
    training: trainingOf(readTrainingOptions(options)),
  }));
const trialsFor = (specification: unknown, names: ReadonlyMap<string, string> = new Map()) =>
  trialsOfTrainings(asked(specification), names);

const BASE = { data: "digits", arch: "fc", width: 32, testLimit: 500, epochs: 30 };
const EXAMPLE = { base: BASE, grid: { regime: ["relu", "flnpf"], lr: [1e-3, 3e-4] }, seeds: 2 };

describe("families", () => {
  it("flnpf trials share the ReLU run of the same seed and settings, which stands before them", async () => {
    const trials = await trialsFor(EXAMPLE);
    expect(trials).toHaveLength(8);
    for (const { plan, after, family, gates, trial, asked: isAsked } of trials) {
      expect(isAsked).toBe(true);
      if (plan.regime === "relu") expect({ after, family, gates }).toEqual({ after: null, family: trial, gates: null });
      else expect({ after, gates }).toEqual({ after: family, gates: { trial: family } });
    }
    const first = trials.find(({ plan }) => plan.regime === "flnpf");
    const relu = trials.find(({ trial }) => trial === first?.family);
    expect({ ...relu?.plan, regime: "flnpf" }).toEqual(first?.plan);
    expect(trials.map(({ family }) => family)).toEqual(
      [...new Set(trials.map(({ family }) => family))].flatMap((family) => [family, family]),
    );
  });

  it("the run that gives gates is planned where nobody asked for it", async () => {
    const trials = await trialsFor({ base: { ...BASE, regime: "flnpf" }, seeds: 2 });
    expect(trials.map(({ plan, asked: isAsked }) => [plan.regime, plan.seed, isAsked])).toEqual([
      ["relu", 0, false],
      ["flnpf", 0, true],
      ["relu", 1, false],
      ["flnpf", 1, true],
    ]);
  });

  it("what is asked for twice is one trial, whichever way it is said", async () => {
    const trials = await trialsFor({ base: BASE, list: [{}, { regime: "relu" }, { lr: 1e-4 }, { depth: 6 }] });
    expect(trials).toHaveLength(1);
  });

  it.each([
    ["epochs", { grid: { epochs: [10, 20] } }, "10 and 20"],
    ["threads", { grid: { threads: [1, 2] } }, "1 and 2"],
    [
      "epochs",
      {
        list: [
          { regime: "relu", epochs: 5 },
          { regime: "flnpf", epochs: 6 },
        ],
      },
      "5 and 6",
    ],
  ])("trials that differ in %s alone are refused: %j", async (name, more, words) => {
    const { message } = await rejectionOf(trialsFor({ base: { data: "digits", arch: "fc" }, ...more }));
    expect(message).toMatch(
      new RegExp(
        `^two trials \\(fc-digits-relu-seed0-[0-9a-f]{10}\\) that differ in nothing but \`${name}\`: ${words}: expected`,
      ),
    );
  });

  it("of an experiment: 25 trials of GCONV, five families of two among them", async () => {
    const { profiles } = gconvCifar10Adam;
    const trials = await trialsOfExperiment(trialsOf(gconvCifar10Adam, profiles.full), {
      data: { name: "cifar10", limit: null, testLimit: null },
      device: "cpu",
      given: () => [],
    });
    expect(trials).toHaveLength(25);
    expect(new Set(trials.map(({ identity }) => identity)).size).toBe(25);
    expect(trials.filter(({ after }) => after !== null).map(({ trial, after }) => [trial, after])).toEqual(
      [0, 1, 2, 3, 4].map((seed) => [`flnpf-seed${seed}`, `relu-seed${seed}`]),
    );
    expect(new Set(trials.map(({ family }) => family)).size).toBe(20);
  });
});

it("an experiment that is more than trainings is planned by its parts, or as one", async () => {
  const partsOf = (experiment: (typeof EXPERIMENTS)[number]) =>
    partsAsked(experiment.kind, { experiment, profile: "full", options: { seeds: 2 } });
  const parts = Object.fromEntries(EXPERIMENTS.map((experiment) => [experiment.name, partsOf(experiment)]));
  expect(parts).toMatchObject({
    "binary-mnist": ["seed0", "seed1"],
    "monitor-mnist": ["seed0", "seed1"],
    "oblique-trees": ["dlgn-seed0", "dlgn-seed1", "dlgn-sf-seed0", "dlgn-sf-seed1"],
    "influence-mnist": [],
    "fc-mnist-adam": [],
  });
  const whole = await trialsOfParts("influence-mnist", "full", []);
  expect(whole.map(({ trial, part, family }) => [trial, part, family])).toEqual([
    ["influence-mnist", null, "influence-mnist"],
  ]);
  const trials = await trialsOfParts("binary-mnist", "full", parts["binary-mnist"] ?? []);
  expect(trials.map(({ trial, seed, after }) => [trial, seed, after])).toEqual([
    ["seed0", 0, null],
    ["seed1", 1, null],
  ]);
});

describe("identities", () => {
  // SHA-256 of the plan and the data as JSON with sorted fields, by Python's json and hashlib
  it("are the same in every version: folders are found by them", async () => {
    const trials = await trialsFor(EXAMPLE);
    expect(trials.map(({ trial, identity }) => [trial, identity]).slice(0, 2)).toEqual([
      ["fc-digits-relu-seed0-b7c11fb991", "sha256:b7c11fb991fdd3d586efe498b6daaaf6c22aeb449a8a5c753842ec6501593331"],
      ["fc-digits-flnpf-seed0-2fbaec1e8c", "sha256:2fbaec1e8cf262df82bb370fb2a5d040f2efa9a1a83bee2c7934d830ebf592aa"],
    ]);
  });

  it("hang on plan and data, not on epochs, places and what is kept", async () => {
    const identityOf = async (more: Readonly<Record<string, unknown>>) =>
      (await trialsFor({ base: { ...BASE, ...more } })).map(({ identity }) => identity).at(-1);
    const own = await identityOf({});
    for (const same of [{ epochs: 7 }, { keep: [2] }, { watchGates: true }, { dataDir: "elsewhere" }])
      expect(await identityOf(same), JSON.stringify(same)).toBe(own);
    const others = [
      ...[{ seed: 1 }, { lr: 2e-3 }, { batch: 16 }, { limit: 100 }, { testLimit: 400 }, { regime: "flnpf" }],
      ...[{ labelsTransform: "shuffle:1" }, { width: 31 }, { dropout: 0.1 }, { data: "mnist" }],
      // a rate that falls over all epochs is another training for each number of them
      ...[{ schedule: "cosine" }, { schedule: "cosine", epochs: 7 }],
    ];
    const identities = await Promise.all(others.map(identityOf));
    expect(new Set([own, ...identities]).size).toBe(others.length + 1);
  });

  it("keep the folders that they had, whatever those are called", async () => {
    const [relu] = await trialsFor(EXAMPLE);
    const again = await trialsFor(EXAMPLE, new Map([[relu?.identity ?? "", "of-old"]]));
    expect(again.slice(0, 2).map(({ trial, family }) => [trial, family])).toEqual([
      ["of-old", "of-old"],
      ["fc-digits-flnpf-seed0-2fbaec1e8c", "of-old"],
    ]);
  });
});
