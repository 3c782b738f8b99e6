import { GatewiseError } from "../../errors.ts";

/** The largest typed array of Node 20, and more than a table of text should hold. */
const MOST = 2 ** 31 - 1;
/** Numbers that are held in one piece. */
const PIECE = 2 ** 18;

/** Numbers in float32 whose count is not known before they have come: pieces of a mebibyte, which may be taken meanwhile. */
export class GrowingNumbers {
  private full: Float32Array[] = [];
  private last = new Float32Array(PIECE);
  private filled = 0;

  /** How many are held. */
  get count(): number {
    return this.full.length * PIECE + this.filled;
  }

  /** @throws GatewiseError where there are more than an array holds */
  push(value: number): void {
    if (this.filled === PIECE) this.grow();
    this.last[this.filled++] = value;
  }

  /** Those that came first, as far as pieces of them are full: they are no longer held. */
  takeFull(): readonly Float32Array[] {
    const { full } = this;
    this.full = [];
    return full;
  }

  /** All that are held, in one piece: they are no longer held. */
  takeAll(): Float32Array {
    const all = new Float32Array(this.count);
    this.takeFull().forEach((piece, i) => {
      all.set(piece, i * PIECE);
    });
    all.set(this.last.subarray(0, this.filled), all.length - this.filled);
    this.filled = 0;
    return all;
  }

  private grow(): void {
    if (this.count + PIECE > MOST) {
      throw new GatewiseError({
        code: "too-large",
        received: `more than ${this.count} numbers`,
        expected: "a table that memory holds",
        next: "save it as a .npy file, which is read by blocks",
      });
    }
    this.full.push(this.last);
    this.last = new Float32Array(PIECE);
    this.filled = 0;
  }
}
