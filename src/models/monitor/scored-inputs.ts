/** Inputs with what the network answers and how near they are to references, block by block. */
import type { Engine } from "../../engine/index.ts";
import { examplesAtOnce, type Inputs, inputRows, type PackedGates, readGatesAndOutputs } from "../../gates/index.ts";
import { type GatedNetwork, outputCount } from "../../network/index.ts";
import { type Asking, counter } from "../progress.ts";
import { type Answers, answersOf, classCount } from "./answers.ts";
import type { MonitorReferences } from "./monitor.ts";
import { NearestReferences, type Nearness } from "./nearest-references.ts";

/** Scores of inputs `from` to `to`. */
export interface ScoredBlock extends Answers, Nearness {
  readonly from: number;
  readonly to: number;
  readonly gates: PackedGates;
}

/** Blocks of small networks: what is done once a block is then a small part (bench/monitor.bench.ts). */
const BLOCKS_AT_ONCE = 4;

export async function* scoredInputs(
  network: GatedNetwork,
  engine: Engine,
  references: MonitorReferences,
  inputs: Inputs,
  asking: Asking,
): AsyncGenerator<ScoredBlock> {
  const outputs = outputCount(network);
  await using near = await NearestReferences.open(engine, references, classCount(outputs));
  const reading = {
    batch: batchOf(network),
    onProgress: counter(asking, "scores", "inputs"),
    ...(asking.signal === undefined ? {} : { signal: asking.signal }),
  };
  for await (const block of readGatesAndOutputs(network, engine, inputs, reading)) {
    const { from, to, gates } = block;
    const answers = answersOf(block.outputs, outputs);
    const nearness = await near.nearest(inputRows(inputs, from, to), gates, answers.predicted);
    yield { from, to, gates, ...answers, ...nearness };
  }
}

/** Maps that fill a block by themselves gain nothing by more. */
function batchOf(network: GatedNetwork): number {
  const usual = examplesAtOnce(network);
  const units = network.nodes.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return units < 10_000 ? BLOCKS_AT_ONCE * usual : usual;
}
