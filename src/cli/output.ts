import { GatewiseError, messageOf } from "../errors.ts";
import { colored, dim, red } from "./colors.ts";
import type { CliContext } from "./context.ts";
import { inFlags } from "./in-flags.ts";
import { hiddenFreeJson, shown, shownLines } from "./shown.ts";

type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** The one way of text to a terminal: nothing in it is obeyed but our own colors. */
const write = (stream: Stream, text: string): void =>
  void stream.write(`${colored(shownLines(text), stream.isTTY === true)}\n`);

/** Writes the result: JSON alone, or the text for people. */
export function printResult(context: Pick<CliContext, "stdout" | "json">, json: unknown, text: () => string): void {
  if (context.json) context.stdout.write(`${hiddenFreeJson(json)}\n`);
  else write(context.stdout, text());
}

/** Writes a message for people beside the result: never on standard output, and not with `--json`. */
export function note(context: Pick<CliContext, "stderr" | "json">, text: string): void {
  if (!context.json) write(context.stderr, inFlags(text));
}

/** An error as one clear line and what to do next; a bug of ours keeps its stack. */
export function printError(context: Pick<CliContext, "stdout" | "stderr" | "json">, thrown: unknown): void {
  const isMistake = thrown instanceof GatewiseError;
  const message = isMistake ? inFlags(thrown.message) : messageOf(thrown);
  const hint = isMistake ? inFlags(thrown.hint) : "this is a bug: please report it with the command";
  const code = isMistake ? thrown.code : "bug";
  if (context.json) context.stdout.write(`${hiddenFreeJson({ error: { code, message, hint } })}\n`);
  else write(context.stderr, `${red("error")} ${shown(message)}\n${dim("  →")} ${shown(hint)}`);
  if (!isMistake && thrown instanceof Error) write(context.stderr, thrown.stack ?? "");
}
