import { GatewiseError } from "../../errors.ts";
import {
  checkedMargin,
  type DecidingUnits,
  type InputExamples,
  type Model,
  type RemovedShare,
  type SufficientUnits,
} from "../../models/index.ts";
import { parseBetween, parseWhole } from "../../parse-value.ts";
import { type ModelRequest, openModelWithInputs, readModelOptions } from "../chosen-model.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { ModelOptions } from "../model-option.ts";
import { printResult } from "../output.ts";
import { withStages } from "../progress.ts";
import { inStages } from "../stages.ts";
import { describeMany, describeOne, describeSet, describeSets, quantile } from "../subnetwork-text.ts";

interface SubnetworkOptions extends ModelOptions {
  readonly inputs: string;
  readonly example?: string;
  readonly sufficient?: boolean;
  readonly margin?: string;
  readonly seed?: string;
}

interface SubnetworkRequest {
  readonly chosen: ModelRequest;
  readonly inputs: string;
  readonly example: number | undefined;
  readonly sufficient: boolean;
  readonly margin: number | undefined;
  readonly seed: number | undefined;
}

export const subnetwork = inStages((_, options: SubnetworkOptions): SubnetworkRequest => {
  const { example, margin, seed, sufficient = false } = options;
  refuseUnused(sufficient, margin, seed);
  return {
    chosen: readModelOptions(options),
    inputs: options.inputs,
    example: example === undefined ? undefined : parseWhole("--example", example, 0),
    sufficient,
    margin: margin === undefined ? undefined : checkedMargin(parseBetween("--margin", margin, 0)),
    seed: seed === undefined ? undefined : parseWhole("--seed", seed, 0),
  };
}, runSubnetwork);

function refuseUnused(sufficient: boolean, margin: string | undefined, seed: string | undefined): void {
  const refused = (flag: string, expected: string): GatewiseError =>
    new GatewiseError({ received: flag, expected, next: "leave one of them out" });
  if (margin !== undefined && !sufficient) {
    throw new GatewiseError({
      received: "--margin without --sufficient",
      expected: "a set that keeps a share of the margin",
      next: "add --sufficient, or leave --margin out",
    });
  }
  if (seed !== undefined && sufficient) throw refused("--seed with --sufficient", "a random order to decide");
}

async function runSubnetwork(request: SubnetworkRequest, context: CliContext): Promise<ExitCode> {
  const { model, inputs } = await openModelWithInputs(context, request.chosen, request.inputs);
  await using _ = model;
  checkExample(request, inputs);
  if (request.sufficient) await tellSets(model, inputs, request, context);
  else await tellRemovals(model, inputs, request, context);
  return EXIT.done;
}

function checkExample({ example, inputs: file }: SubnetworkRequest, { shape: [examples = 0] }: InputExamples): void {
  if (example === undefined || example < examples) return;
  throw new GatewiseError({
    received: `--example ${example}`,
    expected: `0 to ${examples - 1}, the examples of ${file}`,
    next: "examples are counted from 0",
  });
}

async function tellRemovals(
  model: Model,
  inputs: InputExamples,
  { example, seed }: SubnetworkRequest,
  context: CliContext,
): Promise<void> {
  const { signal } = context;
  const found = await withStages(context, (onProgress) =>
    model.decidingUnits(inputs, { example, seed, signal, onProgress }),
  );
  const [first] = found;
  if (example !== undefined && first !== undefined) {
    printResult(context, removalJson(first), () => describeOne(first, shapesOf(model)));
    return;
  }
  const result = {
    inputs: found.length,
    distribution: {
      flow: distribution(found),
      activation: distribution(found.map(({ byActivation }) => byActivation)),
      random: distribution(found.map(({ atRandom }) => atRandom)),
    },
    examples: found.map((one) => ({ example: one.example, ...removalJson(one) })),
  };
  printResult(context, result, () => describeMany(found));
}

const removalJson = (one: DecidingUnits) => {
  const { decision, runnerUp, margin, active, removed, share, becomes, byActivation, atRandom } = one;
  const unchanged = becomes !== null ? null : active === 0 ? "no active unit" : "decided without units";
  return { decision, runnerUp, margin, active, removed, share, becomes, unchanged, byActivation, atRandom };
};

/** Shares of the active units; of what nothing changes all count as more than any. */
const distribution = (shares: readonly Pick<RemovedShare, "share">[]) => ({
  median: quantile(shares, 0.5),
  ninetiethPercentile: quantile(shares, 0.9),
  unchanged: shares.filter(({ share }) => share === null).length,
});

async function tellSets(
  model: Model,
  inputs: InputExamples,
  { example, margin }: SubnetworkRequest,
  context: CliContext,
): Promise<void> {
  const { signal } = context;
  const found = await withStages(context, (onProgress) =>
    model.sufficientUnits(inputs, { example, margin, signal, onProgress }),
  );
  const [first] = found;
  if (example !== undefined && first !== undefined) {
    printResult(context, setJson(first), () => describeSet(first, shapesOf(model)));
    return;
  }
  const result = {
    inputs: found.length,
    distribution: { sufficient: distribution(found) },
    examples: found.map((one) => ({ example: one.example, ...setJson(one) })),
  };
  printResult(context, result, () => describeSets(found));
}

const setJson = ({ example, sameClass, otherClasses, ...set }: SufficientUnits) => ({
  ...set,
  specificity: { sameClass, otherClasses },
});

/** Of the layers by their names. */
const shapesOf = ({ network }: Model): ReadonlyMap<string, readonly number[]> =>
  new Map(network.nodes.map(({ name, shape }) => [name, shape]));
