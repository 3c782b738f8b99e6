/**
 * The nearest reference of the predicted class for many inputs (theory 8): gates by popcounts in WebAssembly, cosines of the
 * inputs by the engine, those of one class in one product.
 */
import type { Engine, Program, ResidentArray } from "../../engine/index.ts";
import { gateRows, type Inputs, type PackedGates } from "../../gates/index.ts";
import { graph, input, matMul, sizeOf } from "../../graph/index.ts";
import { type GateSimilarity, openGateSimilarity, type ReferenceRange } from "../../kernels/index.ts";
import type { MonitorReferences } from "./monitor.ts";
import { pickedRows } from "./picked-gates.ts";
import { directions, storedDirections } from "./stored-inputs.ts";

/** Cosines below count as this: their logarithm stays a number. */
const LEAST_COSINE = 1e-3;

/** What is nearest to some inputs, each by itself. */
export interface Nearness {
  /** The log path kernel to the nearest reference; −∞ without a reference of the class. */
  readonly score: Float64Array;
  /** The cosine to the nearest reference by pixels, −∞ alike. */
  readonly pixels: Float64Array;
  /** Which reference is nearest by the score, of all; −1 alike. */
  readonly nearest: Int32Array;
}

/** References in the engine and in WebAssembly, to be compared with any number of inputs. */
export class NearestReferences implements AsyncDisposable {
  private constructor(
    private readonly gates: GateSimilarity,
    private readonly cosines: Program,
    /** By class. */
    private readonly ranges: readonly (ReferenceRange | undefined)[],
    private readonly inputs: readonly (ResidentArray | undefined)[],
  ) {}

  static async open(engine: Engine, references: MonitorReferences, classes: number): Promise<NearestReferences> {
    const ranges = rangesOf(references.classes, classes);
    const size = sizeOf(references.inputs.data.shape.slice(1));
    const gates = await openGateSimilarity(references.gates);
    const cosines = await openCosines(engine, size);
    const inputs = await Promise.all(
      ranges.map((range) => range && engine.upload(storedDirections(references.inputs, range.from, range.to))),
    );
    return new NearestReferences(gates, cosines, ranges, inputs);
  }

  /**
   * @param inputs `[n, …inputShape]`
   * @param gates those of the same inputs
   * @param predicted `[n]`, their classes
   */
  async nearest(inputs: Inputs, gates: PackedGates, predicted: Int32Array): Promise<Nearness> {
    const score = new Float64Array(predicted.length).fill(Number.NEGATIVE_INFINITY);
    const pixels = score.slice();
    const nearest = new Int32Array(predicted.length).fill(-1);
    const rows = gateRows(gates);
    for (const [label, range] of this.ranges.entries()) {
      const resident = this.inputs[label];
      if (range === undefined || resident === undefined) continue;
      const places = Int32Array.from(predicted.keys()).filter((i) => predicted[i] === label);
      if (places.length === 0) continue;
      const cosines = this.cosines.run({ a: directions(inputs, places), b: resident });
      const alike = this.gates.similarities(pickedRows(rows, places), range);
      const { c } = (await cosines).fetched;
      if (c?.dtype !== "float32") throw new Error("unreachable: no cosines");
      const width = range.to - range.from;
      places.forEach((place, row) => {
        const best = nearestOf(alike, c.data, row * width, width);
        score[place] = best.score;
        pixels[place] = best.pixels;
        nearest[place] = range.from + best.at;
      });
    }
    return { score, pixels, nearest };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.inputs) await one?.[Symbol.asyncDispose]();
    await this.cosines[Symbol.asyncDispose]();
  }
}

/** Cosines of rows of length 1: `a`, `[n, size]`, by `b`, `[m, size]`, as `c`, `[n, m]`. */
export const openCosines = (engine: Engine, size: number): Promise<Program> =>
  engine.compile(
    graph({
      c: matMul(input("a", "float32", ["inputs", size]), input("b", "float32", ["references", size]), {
        transposeB: true,
      }),
    }),
  );

/** The log path kernel of two examples, of the likeness of their gates and the cosine of their inputs. */
export const logKernel = (gates: number, cosine: number): number =>
  gates + Math.log(Math.min(1, Math.max(cosine, LEAST_COSINE)));

function nearestOf(gates: Float64Array, cosines: Float32Array, from: number, count: number) {
  let [at, score, pixels] = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < count; i++) {
    const [alike, cosine] = [gates[from + i]!, cosines[from + i]!];
    if (cosine > pixels) pixels = cosine;
    // a cosine adds nothing: what is behind by its gates alone stays behind
    if (alike <= score) continue;
    const one = logKernel(alike, cosine);
    if (one > score) [score, at] = [one, i];
  }
  return { at, score, pixels };
}

/** The references of each class, of rising classes; undefined of a class without. */
function rangesOf(classes: Int32Array, count: number): readonly (ReferenceRange | undefined)[] {
  return Array.from({ length: count }, (_, label) => {
    const from = classes.indexOf(label);
    return from < 0 ? undefined : { from, to: classes.lastIndexOf(label) + 1 };
  });
}
