import { COMMAND_NAMES } from "./command-names.ts";

const HELP: ReadonlySet<string> = new Set(["-h", "--help", "-V", "--version"]);
const COMMANDS: ReadonlySet<string> = new Set(COMMAND_NAMES);

/** Help, versions and what is no command need no supervision, and no second process. */
export function isAnsweredAtOnce(args: readonly string[]): boolean {
  const first = args.find((word) => !word.startsWith("-"));
  return first === undefined || !COMMANDS.has(first) || args.some((word) => HELP.has(word));
}
