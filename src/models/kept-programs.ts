/**
 * An engine that keeps what it compiled: the same graph asked for again is the session of before. A session is made in
 * tens of milliseconds to seconds; writing and comparing the model takes a nanosecond a byte.
 */
import type { Capabilities, Device, Engine, Feeds, Program, ProgramResult, ResidentArray } from "../engine/index.ts";
import { type DenseArray, type Graph, type WrittenModel, writeModel } from "../graph/index.ts";

interface Kept {
  readonly model: WrittenModel;
  readonly keep: string;
  readonly program: Promise<Program>;
  users: number;
}

/** As many programs stay, of those that nobody uses the ones used last: enough for every question of one network. */
const KEPT = 12;

/** Releases the engine with itself. */
export class KeptPrograms implements Engine {
  /** The one used longest ago first. */
  private readonly kept: Kept[] = [];

  constructor(private readonly engine: Engine) {}

  get device(): Device {
    return this.engine.device;
  }

  get capabilities(): Capabilities {
    return this.engine.capabilities;
  }

  compile(graph: Graph, keep?: readonly string[]): Promise<Program> {
    return this.load(writeModel(graph), keep);
  }

  async load(model: WrittenModel, keep: readonly string[] = []): Promise<Program> {
    const names = keep.join("\n");
    const found = this.kept.find((one) => one.keep === names && sameBytes(one.model.bytes, model.bytes));
    const entry = found ?? { model, keep: names, program: this.engine.load(model, keep), users: 0 };
    if (found !== undefined) this.kept.splice(this.kept.indexOf(found), 1);
    this.kept.push(entry);
    entry.users += 1;
    try {
      return new Lease(await entry.program, () => this.giveBack(entry));
    } catch (thrown) {
      this.kept.splice(this.kept.indexOf(entry), 1);
      throw thrown;
    }
  }

  upload(array: DenseArray): Promise<ResidentArray> {
    return this.engine.upload(array);
  }

  private async giveBack(entry: Kept): Promise<void> {
    entry.users -= 1;
    while (this.kept.length > KEPT) {
      const oldest = this.kept.findIndex(({ users }) => users === 0);
      const [gone] = oldest < 0 ? [] : this.kept.splice(oldest, 1);
      if (gone === undefined) return;
      await (await gone.program)[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kept.length = 0;
    await this.engine[Symbol.asyncDispose]();
  }
}

/** A kept program in use: released, it is given back. */
class Lease implements Program {
  private isReleased = false;

  constructor(
    private readonly program: Program,
    private readonly giveBack: () => Promise<void>,
  ) {}

  get model(): Program["model"] {
    return this.program.model;
  }

  run(feeds: Feeds, keep?: readonly string[]): Promise<ProgramResult> {
    return this.program.run(feeds, keep);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    await this.giveBack();
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
