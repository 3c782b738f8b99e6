import { open, rename, rm } from "node:fs/promises";
import { GatewiseError } from "../../errors.ts";
import { BYTES, bytesOf, type DenseArray, type DType, sizeOf } from "../../graph/index.ts";
import { npyHeader } from "../npy.ts";
import { writeError } from "./files.ts";
import { checkWritable } from "./regular-file.ts";

/**
 * A `.npy` file that is written part by part along its first axis, under a temporary name until it is whole. It is open
 * only while a part is written: any number of them may be on the way. Disposed of before it is finished, it is removed.
 */
export class NpyParts implements AsyncDisposable {
  private missing: number;

  private constructor(
    readonly path: string,
    readonly dtype: DType,
    private readonly temporary: string,
    elements: number,
  ) {
    this.missing = elements * BYTES[dtype];
  }

  /** @throws GatewiseError if something else than a file has the name, or the system refuses */
  static async begin(path: string, dtype: DType, shape: readonly number[]): Promise<NpyParts> {
    await checkWritable(path);
    const parts = new NpyParts(path, dtype, `${path}.tmp`, sizeOf(shape));
    await parts.write(npyHeader(dtype, shape), "w");
    return parts;
  }

  /** @throws GatewiseError if the system refuses */
  async append(array: DenseArray): Promise<void> {
    if (array.dtype !== this.dtype) throw new Error(`unreachable: ${array.dtype} in a file of ${this.dtype}`);
    const bytes = bytesOf(array);
    this.missing -= bytes.length;
    await this.write(bytes, "a");
  }

  /** Gives the file its name. */
  async finish(): Promise<void> {
    if (this.missing !== 0) throw new Error(`unreachable: ${this.missing} bytes missing in ${this.path}`);
    await this.attempt(async () => {
      await using file = await open(this.temporary, "r+");
      await file.sync();
      await rename(this.temporary, this.path);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.temporary, { force: true }).catch(() => {});
  }

  private write(bytes: Uint8Array, flag: "w" | "a"): Promise<void> {
    return this.attempt(async () => {
      await using file = await open(this.temporary, flag);
      await file.writeFile(bytes);
    });
  }

  private async attempt(operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (thrown) {
      if (thrown instanceof GatewiseError) throw thrown;
      throw await writeError(thrown, this.path, "a file that can be written");
    }
  }
}
