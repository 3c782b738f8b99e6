/** How the edges that meet in a unit become one number. */
export type Combine = "sum" | "maximum";

/**
 * Products `value · factors[from + j]` that go to a run of units `j`, side by side. Values of 0 are left out; four others
 * are combined at a time, which reads and writes the units a quarter as often (bench/paths.bench.ts: about 0.6 of the time).
 */
export class ActiveTerms {
  readonly #values: Float64Array;
  readonly #from: Int32Array;
  #count = 0;

  /** @param most how many terms there may be at once */
  constructor(most: number) {
    this.#values = new Float64Array(most);
    this.#from = new Int32Array(most);
  }

  clear(): void {
    this.#count = 0;
  }

  add(value: number, from: number): void {
    if (value === 0) return;
    this.#values[this.#count] = value;
    this.#from[this.#count] = from;
    this.#count += 1;
  }

  /** Adds the terms to `length` elements of `out` from `to` on, or lifts those to the largest term. */
  combineInto(out: Float64Array, to: number, length: number, factors: Float64Array, combine: Combine): void {
    let i = 0;
    if (combine === "sum") {
      for (; i + 4 <= this.#count; i += 4) this.#addFour(i, out, to, length, factors);
    }
    for (; i < this.#count; i++) {
      const value = this.#values[i]!;
      const from = this.#from[i]!;
      if (combine === "sum") {
        for (let j = 0; j < length; j++) out[to + j]! += value * factors[from + j]!;
      } else {
        for (let j = 0; j < length; j++) {
          const product = value * factors[from + j]!;
          if (product > out[to + j]!) out[to + j] = product;
        }
      }
    }
  }

  #addFour(i: number, out: Float64Array, to: number, length: number, factors: Float64Array): void {
    const [a, b, c, d] = [this.#values[i]!, this.#values[i + 1]!, this.#values[i + 2]!, this.#values[i + 3]!];
    const [p, q, r, s] = [this.#from[i]!, this.#from[i + 1]!, this.#from[i + 2]!, this.#from[i + 3]!];
    for (let j = 0; j < length; j++) {
      out[to + j]! += a * factors[p + j]! + b * factors[q + j]! + (c * factors[r + j]! + d * factors[s + j]!);
    }
  }
}
