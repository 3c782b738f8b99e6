import { GatewiseError } from "../../errors.ts";

/** The largest typed array of Node 20, and more than a table of text should hold. */
const MOST = 2 ** 31 - 1;

/** Numbers in float32 whose count is not known before they have come. */
export class GrowingNumbers {
  private held = new Float32Array(1024);
  private count = 0;

  /** @throws GatewiseError where there are more than an array holds */
  push(value: number): void {
    if (this.count === this.held.length) this.grow();
    this.held[this.count++] = value;
  }

  /** A view of all of them. */
  all(): Float32Array {
    return this.held.subarray(0, this.count);
  }

  private grow(): void {
    if (this.count >= MOST) {
      throw new GatewiseError({
        code: "too-large",
        received: `more than ${MOST} numbers`,
        expected: "a table that memory holds",
        next: "save it as a .npy file, which is read by blocks",
      });
    }
    const larger = new Float32Array(Math.min(MOST, this.held.length * 2));
    larger.set(this.held);
    this.held = larger;
  }
}
