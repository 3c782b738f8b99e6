/** The machine with one program: where everything lies in its memory. */
import { PAIR_PROGRAM_MODULE } from "../wasm/pair-program-module.ts";
import type { PackedExample } from "./packed-example.ts";
import type { RunnableProgram } from "./pair-program.ts";

/** Pairs at a time. */
export const LANES = 8;

interface MachineExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  run(
    code: number,
    end: number,
    constants: number,
    leftGates: number,
    rightGates: number,
    leftValues: number,
    rightValues: number,
    buffers: number,
    paired: number,
  ): void;
}

export interface ProgramInstance {
  /** Up to eight examples as the partners of those to come. */
  setRight(examples: readonly PackedExample[]): void;
  /** The kernel of one example with each of these; numbers behind theirs are of no example. */
  run(left: PackedExample): Float64Array;
  /** The kernel of each of them with itself. */
  runSelves(): Float64Array;
  /** The same in pieces of some milliseconds, a pause between two. */
  runInPieces(left: PackedExample | "selves", pause: () => Promise<void> | undefined): Promise<Float64Array>;
}

const PAGE = 65_536;

/** The machine itself: compiled once, it serves the programs of all threads. */
export const compileMachine = (): Promise<WebAssembly.Module> =>
  WebAssembly.compile(Uint8Array.from(atob(PAIR_PROGRAM_MODULE), (letter) => letter.charCodeAt(0)));

/** An instance of the machine with memory of its own. */
export async function openProgram(program: RunnableProgram, machine?: WebAssembly.Module): Promise<ProgramInstance> {
  const instance = await WebAssembly.instantiate(machine ?? (await compileMachine()), {});
  const wasm = machineExports(instance.exports);
  let end = wasm.dataStart();
  const room = (size: number): number => {
    const start = Math.ceil(end / 64) * 64;
    end = start + size;
    return start;
  };
  const { code, pieces, constants, vectors, result, gateNumbers, valueNumbers } = program;
  const at = {
    code: room(4 * code.length),
    constants: room(8 * constants.length),
    left: { gates: room(2 * gateNumbers), values: room(8 * valueNumbers) },
    right: { gates: room(2 * LANES * gateNumbers), values: room(8 * LANES * valueNumbers) },
    buffers: room(16 * vectors),
  };
  const missing = end - wasm.memory.buffer.byteLength;
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / PAGE));
  const { buffer } = wasm.memory;
  new Int32Array(buffer, at.code).set(code);
  new Float64Array(buffer, at.constants).set(constants);
  const left = {
    gates: new Uint16Array(buffer, at.left.gates, gateNumbers),
    values: new Float64Array(buffer, at.left.values, valueNumbers),
  };
  const right = {
    gates: new Uint16Array(buffer, at.right.gates, LANES * gateNumbers),
    values: new Float64Array(buffer, at.right.values, LANES * valueNumbers),
  };
  const results = new Float64Array(buffer, at.buffers + 16 * result, LANES);
  const piece = (from: number, to: number, selves: boolean): void => {
    const { gates, values } = at.right;
    const own = selves ? at.right : at.left;
    wasm.run(
      at.code + 4 * from,
      at.code + 4 * to,
      at.constants,
      own.gates,
      gates,
      own.values,
      values,
      at.buffers,
      selves ? 1 : 0,
    );
  };
  const setLeft = ({ gates, values }: PackedExample): void => {
    left.gates.set(gates);
    left.values.set(values);
  };
  return {
    setRight(examples) {
      right.gates.fill(0);
      right.values.fill(0);
      examples.forEach(({ gates, values }, lane) => {
        for (let i = 0, to = lane; i < gates.length; i++, to += LANES) right.gates[to] = gates[i]!;
        for (let i = 0, to = lane; i < values.length; i++, to += LANES) right.values[to] = values[i]!;
      });
    },
    run(example) {
      setLeft(example);
      piece(0, code.length, false);
      return results.slice();
    },
    runSelves() {
      piece(0, code.length, true);
      return results.slice();
    },
    async runInPieces(example, pause) {
      if (example !== "selves") setLeft(example);
      let from = 0;
      for (const to of pieces) {
        piece(from, to, example === "selves");
        from = to;
        const waiting = pause();
        if (waiting !== undefined) await waiting;
      }
      return results.slice();
    },
  };
}

/** The border to the module, whose exports are known from its source. */
const machineExports = (exports: unknown): MachineExports => exports as MachineExports;
