/** What the kernel of a network's gates knows of the labels, on the examples of a probe (theory 3.1 and 4.9). */
import type { Engine } from "../engine/index.ts";
import {
  BlockProducts,
  classTargets,
  effectiveRank,
  kernelAlignment,
  kernelEigenvalues,
  kernelNorms,
  kernelRows,
  labelFit,
  positiveFactor,
} from "../fitting/index.ts";
import { type DenseArray, float64 } from "../graph/index.ts";
import { withGatesAsBits } from "../kernels/index.ts";
import { neuralPathKernel } from "../models/index.ts";
import type { GatedNetwork } from "../network/index.ts";
import type { KernelProbe, ProbeClass } from "./kernel-probe.ts";

/** Plain data: one line of a run's `kernels.jsonl`, but for its epoch. */
export interface KernelMeasures {
  /** The examples that the kernel is of, class by class. */
  readonly classes: readonly ProbeClass[];
  readonly gates: KernelProbe["gates"];
  /** Mean of {@link nuPerClass}. */
  readonly nu: number;
  /** `ν` of each class against the others, in their order; one for two classes. */
  readonly nuPerClass: readonly number[];
  /** Added to the diagonal for `ν`, relative to `trace/n`. */
  readonly jitter: number;
  /** With the ideal kernel of the labels, and the same of both centered. */
  readonly alignment: number;
  readonly centeredAlignment: number;
  readonly effectiveRank: number;
  /** Of the kernel divided by its trace, descending: they sum to 1. */
  readonly eigenvalues: readonly number[];
}

export interface MeasuredKernel {
  /** `[n, n]`, divided by its trace. */
  readonly kernel: DenseArray<"float64">;
  readonly measures: KernelMeasures;
}

/**
 * Always added, so that `ν` of different epochs is of one kind: two examples with the same gates and nearly the same
 * pixels would else decide it. Far below the smallest eigenvalues that were seen (1e-2 of `trace/n`).
 */
const JITTER = 1e-6;

/**
 * @param engine of float64, hence on the CPU
 * @throws GatewiseError if no example has an active path, or the network has no kernel of this form
 */
export async function measureKernel(
  network: GatedNetwork,
  probe: KernelProbe,
  engine: Engine,
): Promise<MeasuredKernel> {
  const measured = probe.gates === "exact" ? network : withGatesAsBits(network);
  const raw = await neuralPathKernel(measured, engine, probe.inputs);
  const { trace } = await kernelNorms(kernelRows(raw));
  const kernel = float64(
    raw.shape,
    raw.data.map((value) => value / trace),
  );
  const rows = kernelRows(kernel);
  const norms = await kernelNorms(rows);
  await using products = new BlockProducts(engine);
  const targets = classTargets(probe.labels);
  const factored = await positiveFactor(rows, norms, JITTER, products);
  const { nu, perColumn } = await labelFit(rows, norms, factored, targets.targets, products);
  const { alignment, centered } = await kernelAlignment(rows, norms, targets, products);
  const rank = await effectiveRank(rows, norms, products);
  return {
    kernel,
    measures: {
      classes: probe.classes,
      gates: probe.gates,
      nu,
      nuPerClass: perColumn,
      jitter: JITTER + factored.jitter,
      alignment,
      centeredAlignment: centered,
      effectiveRank: rank.effectiveRank,
      eigenvalues: [...(await kernelEigenvalues(rows, products))].reverse(),
    },
  };
}
