import { Command, CommanderError } from "commander";
import { GatewiseError } from "../errors.ts";
import { nearMiss } from "../parse-value.ts";
import { gatewiseVersion } from "../runs/node/index.ts";
import type { Ending, MakeContext } from "./command.ts";
import { dataCommand } from "./commands/data.ts";
import { demoCommand } from "./commands/demo.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { exportCommand } from "./commands/export.ts";
import { gatesCommand } from "./commands/gates.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { kernelFitCommand } from "./commands/kernel-fit.ts";
import { neighborsCommand } from "./commands/neighbors.ts";
import { npkCommand } from "./commands/npk.ts";
import { ntkCommand } from "./commands/ntk.ts";
import { pathsCommand } from "./commands/paths.ts";
import { reportCommand } from "./commands/report.ts";
import { reproduceCommand } from "./commands/reproduce.ts";
import { trainCommand } from "./commands/train.ts";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { flagOf } from "./options.ts";
import { printError, printResult } from "./output.ts";
import { shownLines } from "./shown.ts";

/**
 * Runs the command line.
 * @param args without node and script
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[], makeContext: MakeContext): Promise<ExitCode> {
  const ending: Ending = { code: EXIT.done };
  const json = args.includes("--json");
  const context = makeContext(json);
  const program = new Command("gatewise")
    .description("Train, measure and explain deep networks through their gates.")
    .option("-V, --version", "print the version")
    .option("--json", "one JSON result on standard output")
    .helpOption("-h, --help", "print help")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(shownLines(text)),
      writeErr: (text) => void (json || context.stderr.write(shownLines(text))),
      outputError: () => {},
    })
    .configureHelp({ showGlobalOptions: true })
    .hook("preAction", (_, command) => refuseEmpty(command))
    .on("option:version", () => {
      const version = gatewiseVersion();
      printResult(context, { version }, () => version);
      throw new CommanderError(EXIT.done, "commander.version", version);
    });
  for (const register of [
    demoCommand,
    trainCommand,
    reproduceCommand,
    evaluateCommand,
    inspectCommand,
    gatesCommand,
    npkCommand,
    ntkCommand,
    neighborsCommand,
    kernelFitCommand,
    pathsCommand,
    reportCommand,
    exportCommand,
    dataCommand,
  ]) {
    register(program, makeContext, ending);
  }
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)])
    inherit(command, program);
  try {
    refuseUnknownHelp(program, args);
    await program.parseAsync(args, { from: "user" });
    return ending.code;
  } catch (thrown) {
    if (thrown instanceof GatewiseError) {
      printError(context, thrown);
      return EXIT.wrongUsage;
    }
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return EXIT.done;
    // where a command is missing, commander has printed the help for people
    if (thrown.code !== "commander.help") printError(context, mistypedOption(program, args) ?? usageError(thrown));
    else if (json) printError(context, noCommand(context));
    return EXIT.wrongUsage;
  }
}

/** Every command takes --json where people type it: at the end. */
function inherit(command: Command, program: Command): void {
  if (command === program) return;
  command.copyInheritedSettings(program).option("--json", "one JSON result on standard output");
}

/** An empty word is a variable of a script that was not set: never a number, a name or a place. */
function refuseEmpty(command: Command): void {
  const values = Object.entries(command.opts<Readonly<Record<string, unknown>>>());
  const empty = values.find(([, value]) => [value].flat().includes(""));
  if (empty === undefined && !command.args.includes("")) return;
  const what = empty === undefined ? "argument" : flagOf(empty[0]);
  throw new GatewiseError({ received: `${what} ""`, expected: "a value", next: `give another ${what}` });
}

/** Commander answers `help nope` with the help of all commands. */
function refuseUnknownHelp(program: Command, args: readonly string[]): void {
  const [help, ...names] = args.filter((word) => !word.startsWith("-"));
  if (help !== "help") return;
  let command = program;
  for (const name of names) {
    const known = command.commands.map((one) => one.name());
    const found = command.commands.find((one) => one.name() === name);
    if (found === undefined && name !== "help") {
      const meant = nearMiss(name, known);
      throw GatewiseError.of(
        `unknown command '${name}'`,
        meant === undefined ? "see --help" : `did you mean ${meant}?`,
      );
    }
    command = found ?? command;
  }
}

const noCommand = ({ command }: CliContext): GatewiseError =>
  new GatewiseError({ received: command, expected: "a command behind it", next: "see --help" });

/**
 * Options are missing where they are mistyped: of the two complaints the one that helps. Commander makes the other one.
 */
function mistypedOption(program: Command, args: readonly string[]): GatewiseError | undefined {
  const command = program.commands.find((one) => one.name() === args[0]);
  if (command === undefined || command.commands.length > 0) return undefined;
  const known = ["--help", ...command.options.flatMap(({ long }) => long ?? [])];
  const typed = args.slice(1).flatMap((word) => /^--[a-z][a-z0-9-]*/i.exec(word) ?? []);
  const unknown = typed.find((word) => !known.includes(word));
  if (unknown === undefined) return undefined;
  const meant = nearMiss(unknown, known);
  return GatewiseError.of(`unknown option '${unknown}'`, meant === undefined ? "see --help" : `did you mean ${meant}?`);
}

function usageError({ message }: CommanderError): GatewiseError {
  // a line of its own behind the problem, whose words may have lines too: they are the user's
  const suggestion = /\n\(Did you mean (.+?)\?\)$/.exec(message);
  const problem = message.slice(0, suggestion?.index).replace(/^error: /, "");
  return GatewiseError.of(problem, suggestion === null ? "see --help" : `did you mean ${suggestion[1]}?`);
}
