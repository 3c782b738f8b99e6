/** References of one class, chosen to cover its examples by the log path kernel. */
import type { Engine } from "../../engine/index.ts";
import { gateRows, type Inputs, readNetworkGates } from "../../gates/index.ts";
import { sizeOf } from "../../graph/index.ts";
import { Breaths, openGateSimilarity } from "../../kernels/index.ts";
import { type GatedNetwork, gatePositions } from "../../network/index.ts";
import type { Asking } from "../progress.ts";
import { coveringExamples } from "./covering-examples.ts";
import { logKernel, openCosines } from "./nearest-references.ts";
import { pickedRows } from "./picked-gates.ts";
import { directions, rowsAt } from "./stored-inputs.ts";

/** More candidates of a class choose no better references (docs/monitor.md), and their pairs grow with the square. */
const MOST_CANDIDATES = 2000;
/** Words of gates that the pairs of a class may read: about a second. */
const MOST_WORDS = 1e9;
/** Candidates whose likenesses to all are computed before the next. */
const BLOCK = 128;

/** Candidates of a class, of a network of so many gates. */
export function mostCandidates(network: GatedNetwork, wanted: number): number {
  const words = gatePositions(network).reduce((sum, i) => sum + Math.ceil(sizeOf(network.nodes[i]!.shape) / 64), 0);
  return Math.max(wanted, Math.min(MOST_CANDIDATES, Math.floor(Math.sqrt(MOST_WORDS / words))));
}

/**
 * @param candidates their places among the inputs
 * @returns places of at most `wanted` of them, in the order of their choice
 */
export async function coverOf(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  candidates: Int32Array,
  wanted: number,
  { signal }: Asking,
): Promise<readonly number[]> {
  const count = candidates.length;
  if (count <= wanted) return [...candidates];
  const [, ...shape] = inputs.shape;
  const rows = directions(inputs, candidates);
  const gates = await readNetworkGates(
    network,
    engine,
    rowsAt(inputs, candidates),
    signal === undefined ? {} : { signal },
  );
  const similarity = await openGateSimilarity(gates);
  const all = gateRows(gates);
  const similarities = new Float32Array(count * count);
  await using cosines = await openCosines(engine, sizeOf(shape));
  await using columns = await engine.upload(rows);
  const breaths = new Breaths(signal);
  for (let from = 0; from < count; from += BLOCK) {
    const places = Int32Array.from({ length: Math.min(BLOCK, count - from) }, (_, i) => from + i);
    const { c } = (await cosines.run({ a: directions(rows, places), b: columns })).fetched;
    if (c?.dtype !== "float32") throw new Error("unreachable: no cosines");
    const alike = similarity.similarities(pickedRows(all, places), { from: 0, to: count });
    const start = from * count;
    for (let i = 0; i < alike.length; i++) similarities[start + i] = logKernel(alike[i]!, c.data[i]!);
    await breaths.breathe();
  }
  return Array.from(coveringExamples(similarities, count, wanted), (i) => candidates[i]!);
}
