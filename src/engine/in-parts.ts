/**
 * Graphs of many thousand ops, as programs that run one behind the other. The engine makes a session ready in time that
 * grows with the square of its nodes and more: a network of 1,000 layers with its gradients took 13 s as one program,
 * cut like this 1 s.
 */
import { cutGraph, type Graph, type Port } from "../graph/index.ts";
import type { Engine, Feeds, Program, ProgramResult, ResidentArray } from "./engine.ts";
import { checkFeeds, checkOutputs, released } from "./misuse.ts";

/** Ops of a program: more than networks in use have, whose programs stay whole. */
const MOST_OPS = 1000;

/**
 * Compiles a graph that may be a very deep network.
 * @param keep outputs that runs will keep
 * @param mostOps of one program
 */
export async function compileInParts(
  engine: Engine,
  graph: Graph,
  keep: readonly string[] = [],
  mostOps = MOST_OPS,
): Promise<Program> {
  const cut = cutGraph(graph, mostOps);
  if (cut.length === 1) return await engine.compile(graph, keep);
  const names = new Set(graph.outputs.map(({ name }) => name));
  const parts: Part[] = [];
  try {
    for (const one of cut) {
      const handed = one.outputs.flatMap(({ name }) => (names.has(name) ? [] : [name]));
      const kept = [...handed, ...keep.filter((name) => one.outputs.some((output) => output.name === name))];
      parts.push({ program: await engine.compile(one, kept), handed });
    }
  } catch (thrown) {
    await releaseAll(parts);
    throw thrown;
  }
  const port = ({ name, tensor: { dtype, shape } }: Graph["inputs"][number]): Port => ({ name, dtype, shape });
  return new ProgramInParts({ inputs: graph.inputs.map(port), outputs: graph.outputs.map(port) }, parts);
}

interface Part {
  readonly program: Program;
  /** Outputs for later parts. */
  readonly handed: readonly string[];
}

async function releaseAll(parts: readonly Part[]): Promise<void> {
  for (const { program } of parts) await program[Symbol.asyncDispose]();
}

class ProgramInParts implements Program {
  private isReleased = false;

  constructor(
    readonly model: Program["model"],
    private readonly parts: readonly Part[],
  ) {}

  async run(feeds: Feeds, keep: readonly string[] = []): Promise<ProgramResult> {
    if (this.isReleased) throw released("program");
    checkFeeds(feeds, this.model.inputs);
    checkOutputs(keep, this.model.outputs);
    const between = new Map<string, ResidentArray>();
    const fetched: Record<string, ProgramResult["fetched"][string]> = {};
    const kept: Record<string, ResidentArray> = {};
    try {
      for (const { program, handed } of this.parts) {
        const own = program.model.inputs.flatMap(({ name }) => {
          const feed = between.get(name) ?? feeds[name];
          return feed === undefined ? [] : [[name, feed] as const];
        });
        const asked = program.model.outputs.flatMap(({ name }) => (keep.includes(name) ? [name] : []));
        const result = await program.run(Object.fromEntries(own), [...handed, ...asked]);
        for (const [name, array] of Object.entries(result.kept)) {
          if (handed.includes(name)) between.set(name, array);
          else kept[name] = array;
        }
        Object.assign(fetched, result.fetched);
      }
      return { fetched, kept };
    } catch (thrown) {
      for (const array of Object.values(kept)) await array[Symbol.asyncDispose]();
      throw thrown;
    } finally {
      for (const array of between.values()) await array[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await releaseAll(this.parts);
  }
}
