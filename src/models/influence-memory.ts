import { HELD_EXAMPLES } from "./similarity.ts";

/** What the influence of training examples takes, in bytes. */
export interface InfluenceMemory {
  readonly memory: number;
  /** Of the file that a kernel of more examples than memory holds goes into, while it is needed. */
  readonly disk: number;
}

/** A process with its engine, before it works (measured). */
const PROCESS_BYTES = 250e6;

/**
 * About the most that `Model.influence` takes at once.
 * @param size elements of an example
 * @param features random path features, 0 for the exact kernel
 * @param queries asked at once
 */
export function influenceMemory(examples: number, size: number, features: number, queries: number): InfluenceMemory {
  const columns = Math.min(queries, Math.ceil(2 ** 24 / examples)) + 64;
  // inputs as numbers, as those of the control and as those in the engine; of systems right sides, solutions and work
  const rows = 8 * examples * (3 * size + 6 * columns);
  if (features > 0)
    return { memory: PROCESS_BYTES + rows + 8 * (2 * examples * features + 2 * features ** 2), disk: 0 };
  // beside a kernel in memory the half of it that is its factor, here and in the engine; of one in a file some blocks of rows
  return examples <= HELD_EXAMPLES
    ? { memory: PROCESS_BYTES + rows + 16 * examples ** 2, disk: 0 }
    : { memory: PROCESS_BYTES + rows + 8 * examples * (4 * 512 + 256), disk: 4 * examples ** 2 };
}
