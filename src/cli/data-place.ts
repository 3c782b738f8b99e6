import type { CliContext } from "./context.ts";
import { note } from "./output.ts";
import { shown } from "./shown.ts";

/** Says that a data set is not looked for: scripts give `--data-dir` to every command. */
export function noteUnreadPlace(context: CliContext, name: string, dataDir: string | null | undefined): void {
  if (name === "digits" && typeof dataDir === "string")
    note(context, `--data-dir ${shown(dataDir)} is not read: the digits come with the package`);
}
