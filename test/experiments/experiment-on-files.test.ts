import { describe, expect, it } from "vitest";
import {
  type DataDescription,
  EXPERIMENTS,
  experimentOnFiles,
  trialsOf,
  trialsOfArms,
} from "../../src/experiments/index.ts";
import { checkExperiment } from "../../src/runs/experiment-structure.ts";
import { errorOf } from "../support/error-of.ts";

const described = (inputShape: readonly number[], more: Partial<DataDescription> = {}): DataDescription => ({
  ...{ name: "iris", inputShape, words: { kind: "classes", names: ["a", "b", "c"] } },
  ...{ own: { path: "/d/iris.csv", label: ["species"] }, digest: "sha256:0", inBlocks: false },
  normalization: { factor: [2], shift: [1] },
  ...{ targets: undefined, layout: undefined, told: [] },
  ...more,
});
const comparisons = EXPERIMENTS.filter((one) => one.kind === "regimes" || one.kind === "arms");

describe("an experiment on files of one's own", () => {
  it.each(comparisons.map((experiment) => ({ name: experiment.name, experiment })))(
    "$name reads their inputs, has their classes, and claims no published figure",
    ({ experiment }) => {
      const isConvolutional = !experiment.name.startsWith("fc") && !/shuffled|learnt-layers/.test(experiment.name);
      const shape = isConvolutional ? [20, 24] : [4];
      const on = experimentOnFiles(experiment, described(shape));
      // a record of it can be kept, and read again as it is
      checkExperiment(on);
      const trials = on.kind === "regimes" ? trialsOf(on, on.profiles.quick) : trialsOfArms(on, on.profiles.quick);
      const before =
        experiment.kind === "regimes"
          ? trialsOf(experiment, experiment.profiles.quick)
          : trialsOfArms(experiment, experiment.profiles.quick);
      expect(trials.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      for (const { plan } of trials) {
        expect(plan.architecture.inputShape).toEqual(isConvolutional ? [1, 20, 24] : [4]);
        expect("layers" in plan.architecture && plan.architecture.layers.at(-1)).toMatchObject({
          kind: "dense",
          units: 3,
        });
        expect(plan.normalization).toEqual({ factor: [2], shift: [1] });
      }
      expect(on.profiles.full).toMatchObject({ data: "iris", own: { digest: "sha256:0" } });
      expect(JSON.stringify(on)).not.toMatch(/"published":[^{]|"published":\{"/);
    },
  );

  it("large files are read by blocks", () => {
    const [fc] = comparisons;
    if (fc?.kind !== "regimes") throw new Error("unreachable: no comparison of regimes");
    const on = experimentOnFiles(fc, described([4], { inBlocks: true }));
    expect(trialsOf(on, on.profiles.full)[0]?.plan.order).toBe("shuffled-in-blocks");
  });

  it("what it cannot be is refused", () => {
    const of = (name: string) => comparisons.find((one) => one.name === name) ?? comparisons[0];
    const on = (name: string, data: DataDescription) =>
      errorOf(() => {
        const experiment = of(name);
        if (experiment !== undefined) experimentOnFiles(experiment, data);
      });
    expect(on("fc-mnist-adam", described([4], { words: { kind: "values", names: ["y"] } }))).toEqual({
      message: "iris, whose targets are real values: expected classes: an experiment compares accuracies",
      hint: "give data of classes, or train on these alone",
    });
    expect(on("vconv-cifar10-adam", described([4])).message).toMatch(
      /^iris, with inputs of shape \[4\]: .*: expected inputs that the experiment's networks read, whose last layer is dense$/,
    );
  });
});
