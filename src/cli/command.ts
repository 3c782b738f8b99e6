import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";

/**
 * How a command is defined, in `commands/`: its words, arguments and options, and nothing that does its work. All definitions
 * are loaded whatever was typed, also for `--help`.
 */
export type DefineCommand = (program: Command, act: Act) => void;

/** Gives a command what it does, from a module in `actions/` that is loaded when the command runs. */
export type Act = <Typed extends readonly unknown[]>(command: Command, load: () => Promise<Action<Typed>>) => void;

/** What a command does with what was typed: its arguments, then its options, as commander gives them. */
export type Action<Typed extends readonly unknown[]> = (invocation: Invocation, ...typed: Typed) => Promise<ExitCode>;

/** A command that runs. */
export interface Invocation {
  readonly command: Command;
  readonly context: CliContext;
}
