import type { Engine } from "../../engine/index.ts";
import { openWasmEngine } from "../../engine/web/index.ts";
import type { Turn } from "../desk/answering.ts";

/** An engine from the bytes that the page carries, in this worker. Its first one takes about a second. */
export async function openCarriedEngine(turn: Pick<Turn<unknown>, "asset">): Promise<Engine> {
  return await openWasmEngine({ threads: 1, wasmBinary: await turn.asset("engine") });
}
