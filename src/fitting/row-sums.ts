/** Sums over the rows of `Z = Q L⁻ᵀ` for several factors `L` at once, in the engine: see leave-one-out.ts. */
import type { Engine, Program, ResidentArray } from "../engine/index.ts";
import {
  add,
  type DenseArray,
  denseArray,
  type Graph,
  graph,
  input,
  matMul,
  multiply,
  reduceSum,
  slice,
  subtract,
  zeros,
} from "../graph/index.ts";
import type { BandFactor } from "./band-factor.ts";
import { type Matrix, rowsOf } from "./block-products.ts";

/** A factor with `L⁻¹ Qᵀ Y`, `[rows of the blocks, columns]`. */
export interface BandSystem extends BandFactor {
  readonly solved: Matrix;
}

/** Rows that are worked at together: what is made of them for ten factors stays in the cache. */
const ROWS = 128;

/** The last block of columns of `Z`, the squared lengths of the rows so far, and `Z · L⁻¹ Qᵀ Y`. */
type State = Readonly<Record<"z" | "squares" | "coefficients", ResidentArray>>;

/** The same after a step: a graph has no input and output of one name. */
const AFTER = { z: "nextZ", squares: "nextSquares", coefficients: "nextCoefficients" } as const;
const KEPT = Object.values(AFTER);

export class RowSums implements AsyncDisposable {
  private constructor(
    private readonly program: Program,
    private readonly engine: Engine,
    private readonly systems: readonly BandSystem[],
  ) {}

  /** Of {@link ROWS} rows each. */
  private readonly states: State[] = [];

  /** @param blocks of columns in one call of {@link add} */
  static async open(engine: Engine, systems: readonly BandSystem[], blocks: number): Promise<RowSums> {
    const width = systems[0]?.inverses[0]?.shape[0] ?? 0;
    return new RowSums(await engine.compile(stepsGraph(blocks, width), KEPT), engine, systems);
  }

  /** Begins with so many rows, in place of those before. */
  async begin(rows: number): Promise<void> {
    const { engine, systems, width } = this;
    await this.releaseStates();
    const columns = systems[0]?.solved.shape[1] ?? 0;
    for (let from = 0; from < rows; from += ROWS) {
      const own = Math.min(ROWS, rows - from);
      this.states.push({
        z: await engine.upload(zeros("float64", [systems.length, own, width])),
        squares: await engine.upload(zeros("float64", [systems.length, own])),
        coefficients: await engine.upload(zeros("float64", [systems.length, own, columns])),
      });
    }
  }

  /**
   * @param q the next columns of `Q`, `[n or more, blocks · width]`; zeros beyond the last
   * @param first their first block
   */
  async add(q: Matrix, first: number): Promise<void> {
    const [blocks, width] = [(q.shape[1] ?? 0) / this.width, this.width];
    const factors: Record<string, DenseArray<"float64">> = {};
    for (let step = 0; step < blocks; step++) {
      const of = first + step;
      factors[`inverse${step}`] = this.stacked(({ inverses }) => inverses[of]?.data, width);
      factors[`coupling${step}`] = this.stacked(({ couplings }) => couplings[of]?.data, width);
      const columns = this.systems[0]?.solved.shape[1] ?? 0;
      const size = width * columns;
      factors[`solved${step}`] = this.stacked(
        ({ solved }) => solved.data.subarray(of * size, (of + 1) * size),
        columns,
      );
    }
    for (const [i, state] of this.states.entries()) {
      const rows = state.squares.shape[1] ?? 0;
      const feeds = { ...state, ...factors, q: rowsOf(q, i * ROWS, i * ROWS + rows) };
      this.states[i] = stateOf((await this.program.run(feeds, KEPT)).kept);
      await release(state);
    }
  }

  /** For each factor, `[n]` and `[n, columns]`. */
  async read(): Promise<readonly { readonly squares: Float64Array; readonly coefficients: Float64Array }[]> {
    const parts: { readonly squares: Float64Array; readonly coefficients: Float64Array }[] = [];
    for (const { squares, coefficients } of this.states) {
      parts.push({ squares: numbersOf(await squares.read()), coefficients: numbersOf(await coefficients.read()) });
    }
    const count = this.systems.length;
    return this.systems.map((_, at) => ({
      squares: joined(parts.map(({ squares }) => shareOf(squares, at, count))),
      coefficients: joined(parts.map(({ coefficients }) => shareOf(coefficients, at, count))),
    }));
  }

  private get width(): number {
    return this.systems[0]?.inverses[0]?.shape[0] ?? 0;
  }

  /** A block of each system, `[systems, width, columns]`; zeros beyond the last block. */
  private stacked(of: (system: BandSystem) => Float64Array | undefined, columns: number): DenseArray<"float64"> {
    const size = this.width * columns;
    const data = new Float64Array(this.systems.length * size);
    for (const [i, system] of this.systems.entries()) data.set(of(system) ?? [], i * size);
    return denseArray("float64", [this.systems.length, this.width, columns], data);
  }

  private async releaseStates(): Promise<void> {
    for (const state of this.states.splice(0)) await release(state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.releaseStates();
    await this.program[Symbol.asyncDispose]();
  }
}

/** `Z_k = Q_k L_kk⁻ᵀ − Z_k−1 L_k,k−1ᵀ L_kk⁻ᵀ` for some blocks, and what they add to the sums. */
function stepsGraph(blocks: number, width: number): Graph {
  const q = input("q", "float64", ["rows", blocks * width]);
  let z = input("z", "float64", ["systems", "rows", width]);
  let squares = input("squares", "float64", ["systems", "rows"]);
  let coefficients = input("coefficients", "float64", ["systems", "rows", "columns"]);
  for (let step = 0; step < blocks; step++) {
    const own = slice(q, 1, step * width, (step + 1) * width);
    const inverse = input(`inverse${step}`, "float64", ["systems", width, width]);
    const coupling = input(`coupling${step}`, "float64", ["systems", width, width]);
    z = subtract(matMul(own, inverse), matMul(z, coupling));
    squares = add(squares, reduceSum(multiply(z, z), [2]));
    const solved = input(`solved${step}`, "float64", ["systems", width, "columns"]);
    coefficients = add(coefficients, matMul(z, solved));
  }
  return graph({ [AFTER.z]: z, [AFTER.squares]: squares, [AFTER.coefficients]: coefficients });
}

function stateOf(kept: Readonly<Record<string, ResidentArray>>): State {
  const { [AFTER.z]: z, [AFTER.squares]: squares, [AFTER.coefficients]: coefficients } = kept;
  if (z === undefined || squares === undefined || coefficients === undefined) throw new Error("unreachable: no state");
  return { z, squares, coefficients };
}

async function release(state: State): Promise<void> {
  for (const array of Object.values(state)) await array[Symbol.asyncDispose]();
}

const shareOf = (values: Float64Array, at: number, count: number): Float64Array =>
  values.subarray((at * values.length) / count, ((at + 1) * values.length) / count);

function joined(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function numbersOf({ dtype, data }: DenseArray): Float64Array {
  if (dtype !== "float64") throw new Error(`unreachable: sums of ${dtype}`);
  return data;
}
