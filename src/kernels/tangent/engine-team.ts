/**
 * Engines that make a tangent kernel together. Each computes the factors of some examples, from where they go to all
 * others; each multiplies what comes with the factors that it keeps. What is multiplied with what does not depend on the
 * number of engines, so neither do the bits.
 */
import { compileInParts, type Engine, type Feeds, type Program, type ResidentArray } from "../../engine/index.ts";
import { type DenseArray, float64, type Graph, sizeOf } from "../../graph/index.ts";
import { blockNames } from "./factor-names.ts";

/** Compiled graphs of factors and of their products, in each engine. */
export class EngineTeam implements AsyncDisposable {
  private constructor(private readonly members: readonly Member[]) {}

  static async of(engines: readonly Engine[], factors: Graph, products: Graph): Promise<EngineTeam> {
    const programs: Program[] = [];
    const compiled = async (engine: Engine, graph: Graph): Promise<Program> => {
      const program = await compileInParts(engine, graph);
      programs.push(program);
      return program;
    };
    const members = engines.map(async (engine) => ({
      engine,
      factors: await compiled(engine, factors),
      products: await compiled(engine, products),
    }));
    const ended = await Promise.allSettled(members);
    const failed = ended.find(({ status }) => status === "rejected");
    if (failed === undefined) return new EngineTeam(await Promise.all(members));
    for (const program of programs) await program[Symbol.asyncDispose]();
    throw failed.status === "rejected" ? failed.reason : new Error("unreachable: nothing failed");
  }

  get size(): number {
    return this.members.length;
  }

  /**
   * Factors of portions of examples, each by the engine that is free.
   * @param onDone after each portion
   * @returns in their order
   */
  async factors(portions: readonly Feeds[], onDone: (portion: number) => void): Promise<Arrays[]> {
    const made: Arrays[] = [];
    const waiting = [...portions.entries()];
    const work = this.members.map(async ({ factors }) => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, feeds] = next;
        made[index] = (await factors.run(feeds)).fetched;
        onDone(index);
      }
    });
    try {
      await Promise.all(work);
    } finally {
      // whatever failed: nobody is at work any more when this returns
      waiting.length = 0;
      await Promise.allSettled(work);
    }
    return made;
  }

  /** Puts the factors of a block of examples into one of the engines, in turn. */
  async keep(block: number, from: number, values: Arrays): Promise<FactorBlock> {
    const owner = block % this.members.length;
    const member = this.members[owner];
    if (member === undefined) throw new Error("unreachable: no engines");
    return new FactorBlock(from, owner, await residents(member.engine, values));
  }

  /**
   * Products of blocks with one more, each in the engine that keeps it.
   * @param block its factors, which are copied into the engines that lack them
   * @param put takes products as they come, `[rows, columns]` by part
   */
  async multiply(
    kept: readonly FactorBlock[],
    { values, owner }: { readonly values: Arrays; readonly owner: FactorBlock | undefined },
    put: (kept: FactorBlock, products: Arrays) => void,
  ): Promise<void> {
    const work = this.members.map(async ({ engine, products }, index) => {
      const own = kept.filter((one) => one.owner === index);
      if (own.length === 0) return;
      const isThere = owner?.owner === index;
      await using copy = isThere ? undefined : new FactorBlock(0, index, await residents(engine, values));
      const columns = named(copy?.arrays ?? owner?.arrays ?? {}, blockNames.columns);
      for (const one of own) {
        put(one, (await products.run({ ...named(one.arrays, blockNames.rows), ...columns })).fetched);
      }
    });
    try {
      await Promise.all(work);
    } finally {
      await Promise.allSettled(work);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { factors, products } of this.members) {
      await factors[Symbol.asyncDispose]();
      await products[Symbol.asyncDispose]();
    }
  }
}

interface Member {
  readonly engine: Engine;
  readonly factors: Program;
  readonly products: Program;
}

/** Factors, or products, by their names. */
export type Arrays = Readonly<Record<string, DenseArray>>;

async function residents(engine: Engine, values: Arrays): Promise<Readonly<Record<string, ResidentArray>>> {
  const uploaded: [string, ResidentArray][] = [];
  for (const [name, value] of Object.entries(values)) uploaded.push([name, await engine.upload(value)]);
  return Object.fromEntries(uploaded);
}

/** The factors of some examples, in one of the engines. */
export class FactorBlock implements AsyncDisposable {
  constructor(
    /** The first of the examples. */
    readonly from: number,
    /** Which engine. */
    readonly owner: number,
    readonly arrays: Readonly<Record<string, ResidentArray>>,
  ) {}

  async [Symbol.asyncDispose](): Promise<void> {
    for (const array of Object.values(this.arrays)) await array[Symbol.asyncDispose]();
  }
}

/** Portions of examples one behind the other. */
export function joinedPortions(portions: readonly Arrays[]): Arrays {
  const [first = {}, ...rest] = portions;
  if (rest.length === 0) return first;
  return Object.fromEntries(
    Object.entries(first).map(
      ([
        name,
        {
          shape: [, ...shape],
        },
      ]) => {
        const parts = portions.flatMap((portion) => (portion[name]?.dtype === "float64" ? [portion[name]] : []));
        const data = new Float64Array(parts.reduce((sum, part) => sum + part.data.length, 0));
        let at = 0;
        for (const part of parts) {
          data.set(part.data, at);
          at += part.data.length;
        }
        return [name, float64([data.length / sizeOf(shape), ...shape], data)];
      },
    ),
  );
}

const named = (
  arrays: Readonly<Record<string, ResidentArray>>,
  name: (factor: string) => string,
): Readonly<Record<string, ResidentArray>> =>
  Object.fromEntries(Object.entries(arrays).map(([factor, array]) => [name(factor), array]));
