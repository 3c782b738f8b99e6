import type { Feed, Feeds, Program, ProgramResult } from "../engine/index.ts";
import type { DenseArray } from "../graph/index.ts";
import { stateOf, type TrainingState } from "./training-state.ts";

/** The feeds that a program asks for, from all that there are. */
export const wanted = (program: Program, feeds: Feeds): Feeds =>
  Object.fromEntries(
    program.model.inputs.flatMap(({ name }) => (feeds[name] === undefined ? [] : [[name, feeds[name]]])),
  );

/** The numbers of one output. */
export function numbers(fetched: ProgramResult["fetched"], name: string): readonly number[] {
  const array = fetched[name];
  if (array === undefined) throw new Error(`unreachable: no output ${name}`);
  return Array.from(array.data, Number);
}

/** Frees those arrays that live in the engine. */
export async function releaseArrays(arrays: Iterable<Feed | undefined>): Promise<void> {
  for (const array of arrays) if (array !== undefined && !("data" in array)) await array[Symbol.asyncDispose]();
}

/** The values of a state that may live in the engine. */
export async function readState(state: Feeds): Promise<TrainingState> {
  const read = await Promise.all(
    Object.entries(state).map(async ([name, feed]) => [name, "data" in feed ? feed : await feed.read()] as const),
  );
  return stateOf(Object.fromEntries(read.map(([name, array]) => [name, asFloat32(name, array)])));
}

function asFloat32(name: string, array: DenseArray): DenseArray<"float32"> {
  if (array.dtype !== "float32") throw new Error(`unreachable: parameter ${name} of ${array.dtype}`);
  return array;
}
