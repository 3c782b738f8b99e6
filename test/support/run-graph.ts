import { openNodeEngine } from "../../src/engine/node/index.ts";
import { type DenseArray, graph, type Tensors } from "../../src/graph/index.ts";

/** The outputs of a graph on one CPU thread; feeds that it does not use are left out. */
export async function runGraph(
  outputs: Tensors,
  feeds: Readonly<Record<string, DenseArray>> = {},
): Promise<Readonly<Record<string, DenseArray>>> {
  await using engine = await openNodeEngine("cpu", { threads: 1 });
  await using program = await engine.compile(graph(outputs));
  const used = program.model.inputs.flatMap(({ name }) => {
    const feed = feeds[name];
    return feed === undefined ? [] : [[name, feed] as const];
  });
  const { fetched } = await program.run(Object.fromEntries(used));
  return fetched;
}
