import Table from "cli-table3";
import { GatewiseError, messageOf } from "../errors.ts";
import { errorColors, outputColors } from "./colors.ts";
import type { CliContext } from "./context.ts";

/** Writes the result: JSON alone, or the text for people. */
export function printResult(context: CliContext, json: unknown, text: () => string): void {
  context.stdout.write(context.json ? `${JSON.stringify(json)}\n` : `${text()}\n`);
}

/** Writes a message for people beside the result: never on standard output, and not with `--json`. */
export function note(context: CliContext, text: string): void {
  if (!context.json) context.stderr.write(`${text}\n`);
}

/** An error as one clear line and what to do next; a bug of ours keeps its stack. */
export function printError(context: Pick<CliContext, "stdout" | "stderr" | "json">, thrown: unknown): void {
  const message = messageOf(thrown);
  const hint = thrown instanceof GatewiseError ? thrown.hint : "this is a bug: please report it with the command";
  if (context.json) context.stdout.write(`${JSON.stringify({ error: { message, hint } })}\n`);
  else context.stderr.write(`${errorColors.red("error")} ${message}\n${errorColors.dim("  →")} ${hint}\n`);
  if (!(thrown instanceof GatewiseError) && thrown instanceof Error) context.stderr.write(`${thrown.stack}\n`);
}

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A table without lines but under its head. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const none = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
  };
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? "left"),
    chars: { ...none, left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => [...row]));
  const [head = "", ...lines] = table.toString().split("\n");
  return [outputColors.dim(head.trimEnd()), ...lines.map((line) => line.trimEnd())].join("\n");
}
