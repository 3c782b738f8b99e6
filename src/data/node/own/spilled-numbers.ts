import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { GrowingNumbers } from "../../own/growing-numbers.ts";
import { fileError } from "../file-error.ts";
import type { Scratch } from "../scratch-folder.ts";

/** Numbers in float32 that go to a file, once they are more than memory should hold. */
export class SpilledNumbers implements AsyncDisposable {
  private file: FileHandle | undefined;
  private readonly path: string;

  /** @param name of the file that is made when it is needed */
  constructor(
    private readonly scratch: Scratch,
    name: string,
  ) {
    this.path = join(scratch.path, name);
  }

  /**
   * Takes what is full of the numbers, where they are too many.
   * @throws GatewiseError if the system refuses
   */
  async take(numbers: GrowingNumbers): Promise<void> {
    if (this.file === undefined && 4 * numbers.count <= this.scratch.inMemory) return;
    await this.write(numbers.takeFull());
  }

  /** Takes the last ones. @returns the file, where there is one */
  async end(numbers: GrowingNumbers): Promise<string | undefined> {
    await this.take(numbers);
    if (this.file === undefined) return undefined;
    await this.write([numbers.takeAll()]);
    return this.path;
  }

  private async write(pieces: readonly Float32Array[]): Promise<void> {
    try {
      this.file ??= await open(this.path, "wx");
      for (const piece of pieces) await this.file.writeFile(new Uint8Array(piece.buffer, 0, piece.byteLength));
    } catch (thrown) {
      throw fileError(thrown, this.path, "a folder with room for the numbers of a table");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file?.close();
  }
}
