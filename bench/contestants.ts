/** What the training benches share: a peer in another process, the machine's limit, medians. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { openNodeEngine } from "../src/engine/node/index.ts";
import { constant, graph, input, matMul, zeros } from "../src/graph/index.ts";

/** A Python script that answers each line on its input with one line of JSON (`--serve`). */
export class PythonPeer implements AsyncDisposable {
  private readonly process: ChildProcess;
  private readonly lines: Interface;
  private readonly ended: Promise<never>;

  constructor(python: string, args: readonly string[]) {
    this.process = spawn(python, args, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.process.stdout === null) throw new Error("no output of the peer");
    this.lines = createInterface(this.process.stdout);
    this.ended = once(this.process, "exit").then(() => {
      throw new Error(`the PyTorch peer ended: does "${python}" have torch and numpy (--python PATH)?`);
    });
    // an end that is awaited by nobody, as when the bench is done, is none
    this.ended.catch(() => undefined);
  }

  /** The numbers of the answer to a command, by name. */
  async ask(command: string): Promise<Readonly<Record<string, number>>> {
    const answer = once(this.lines, "line");
    this.process.stdin?.write(`${command}\n`);
    const [line] = await Promise.race([answer, this.ended]);
    return JSON.parse(String(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.stdin?.end("quit\n");
    await this.ended.catch(() => undefined);
  }
}

/** Seconds by the clock and of all processor cores together: other work on the machine disturbs the latter less. */
export interface Times {
  readonly seconds: number;
  readonly processor: number;
}

/** Times of what this process does meanwhile. */
export async function timed(work: () => Promise<unknown>): Promise<Times> {
  const [clock, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - clock) / 1000, processor: (user + system) / 1e6 };
}

/** The least of each over repeats. */
export const least = (times: readonly Times[]): Times => ({
  seconds: Math.min(...times.map(({ seconds }) => seconds)),
  processor: Math.min(...times.map(({ processor }) => processor)),
});

/** GFLOP/s of a large matrix product on the same engine, by the clock and by processor time: what the machine can do here. */
export async function peak(threads: number): Promise<{ readonly clock: number; readonly processor: number }> {
  const size = 1024;
  const repeats = 8;
  await using engine = await openNodeEngine("cpu", { threads, denormals: "flushed" });
  const right = constant(zeros("float32", [size, size]));
  let product = input("x", "float32", [size, size]);
  for (let i = 0; i < repeats; i++) product = matMul(product, right);
  await using program = await engine.compile(graph({ product }));
  const feeds = { x: zeros("float32", [size, size]) };
  const times: Times[] = [];
  for (let i = 0; i < 6; i++) times.push(await timed(() => program.run(feeds)));
  const { seconds, processor } = least(times);
  const work = (2 * size ** 3 * repeats) / 1e9;
  return { clock: work / seconds, processor: work / processor };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
