import { Command, CommanderError } from "commander";
import { GatewiseError } from "../errors.ts";
import { nearMiss } from "../parse-value.ts";
import { gatewiseVersion } from "../runs/node/index.ts";
import type { Act, Action, DefineCommand } from "./command.ts";
import { COMMAND_NAMES, type CommandName } from "./command-names.ts";
import { dataCommand } from "./commands/data.ts";
import { demoCommand } from "./commands/demo.ts";
import { dissectCommand } from "./commands/dissect.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { exportCommand } from "./commands/export.ts";
import { flowCommand } from "./commands/flow.ts";
import { gatesCommand } from "./commands/gates.ts";
import { influenceCommand } from "./commands/influence.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { kernelFitCommand } from "./commands/kernel-fit.ts";
import { monitorCommand } from "./commands/monitor.ts";
import { neighborsCommand } from "./commands/neighbors.ts";
import { npkCommand } from "./commands/npk.ts";
import { ntkCommand } from "./commands/ntk.ts";
import { pathsCommand } from "./commands/paths.ts";
import { reportCommand } from "./commands/report.ts";
import { reproduceCommand } from "./commands/reproduce.ts";
import { studioCommand } from "./commands/studio.ts";
import { subnetworkCommand } from "./commands/subnetwork.ts";
import { sweepCommand } from "./commands/sweep.ts";
import { trainCommand } from "./commands/train.ts";
import type { CliContext } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { flagOf } from "./options.ts";
import { printError, printResult } from "./output.ts";
import { shownLines } from "./shown.ts";

/** What a command line prints on, and the world of the command in it, asked for when it runs. */
export interface Surroundings extends Pick<CliContext, "stdout" | "stderr" | "command"> {
  readonly open: (json: boolean) => CliContext | Promise<CliContext>;
}

/** Definitions alone: what a command does is loaded when it runs (test/cli/start.test.ts counts what help loads). */
const COMMANDS = {
  demo: demoCommand,
  train: trainCommand,
  reproduce: reproduceCommand,
  sweep: sweepCommand,
  dissect: dissectCommand,
  evaluate: evaluateCommand,
  inspect: inspectCommand,
  gates: gatesCommand,
  npk: npkCommand,
  ntk: ntkCommand,
  neighbors: neighborsCommand,
  influence: influenceCommand,
  "kernel-fit": kernelFitCommand,
  paths: pathsCommand,
  flow: flowCommand,
  monitor: monitorCommand,
  studio: studioCommand,
  subnetwork: subnetworkCommand,
  report: reportCommand,
  export: exportCommand,
  data: dataCommand,
} as const satisfies Record<CommandName, DefineCommand>;

/**
 * Runs the command line.
 * @param args without node and script
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let ending: ExitCode = EXIT.done;
  const { stdout, stderr, command: line, open } = surroundings;
  const json = args.includes("--json");
  const output = { stdout, stderr, json };
  const act: Act = <Typed extends readonly unknown[]>(command: Command, load: () => Promise<Action<Typed>>) =>
    command.action(async (...typed: Typed) => {
      const action = await load();
      const context = await open(command.optsWithGlobals().json === true);
      ending = await action({ command, context }, ...typed);
    });
  const program = new Command("gatewise")
    .description("Train, measure and explain deep networks through their gates.")
    .option("-V, --version", "print the version")
    .option("--json", "one JSON result on standard output")
    .helpOption("-h, --help", "print help")
    .showSuggestionAfterError()
    // npk and its commands have options of one name
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(shownLines(text)),
      writeErr: (text) => void (json || stderr.write(shownLines(text))),
      outputError: () => {},
    })
    .hook("preAction", (_, command) => refuseEmpty(command))
    .on("option:version", () => {
      const version = gatewiseVersion();
      printResult(output, { version }, () => version);
      throw new CommanderError(EXIT.done, "commander.version", version);
    });
  // those of a command in between are none of its own commands'
  program.configureHelp({
    showGlobalOptions: true,
    visibleGlobalOptions: (command) => (command === program ? [] : [...program.options]),
  });
  for (const name of COMMAND_NAMES) COMMANDS[name](program, act);
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    inherit(command, program);
    refuseTwice(command);
  }
  try {
    refuseUnknownHelp(program, args);
    await program.parseAsync(args, { from: "user" });
    return ending;
  } catch (thrown) {
    if (thrown instanceof GatewiseError) {
      printError(output, thrown);
      return EXIT.wrongUsage;
    }
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return EXIT.done;
    // where a command is missing, commander has printed the help for people
    if (thrown.code !== "commander.help") printError(output, mistypedOption(program, args) ?? usageError(thrown));
    else if (json) printError(output, noCommand(line));
    return EXIT.wrongUsage;
  }
}

/** Every command takes --json where people type it: at the end. */
function inherit(command: Command, program: Command): void {
  if (command === program) return;
  command.copyInheritedSettings(program).option("--json", "one JSON result on standard output");
}

/** Of an option that has one value a second one is a mistake: commander would take the last without a word. */
function refuseTwice(command: Command): void {
  for (const option of command.options) {
    // an option of several values, or with a parser of its own, gathers them
    if (!option.required || option.variadic || option.parseArg !== undefined) continue;
    let given: string | undefined;
    command.on(`option:${option.name()}`, (value: string) => {
      if (given !== undefined) {
        throw new GatewiseError({
          received: `${option.long} given twice, ${given} and ${value}`,
          expected: "one value for it",
          next: "leave one of them out",
        });
      }
      given = value;
    });
  }
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

const noCommand = (line: string): GatewiseError =>
  new GatewiseError({ received: line, expected: "a command behind it", next: "see --help" });

/**
 * Options are missing where they, or the command that they are of, are mistyped: of the two complaints the one that helps.
 * Commander makes the other one.
 */
function mistypedOption(program: Command, args: readonly string[]): GatewiseError | undefined {
  const [first, second] = args;
  const named = program.commands.find((one) => one.name() === first);
  const command = named?.commands.find((one) => one.name() === second) ?? named;
  if (command === undefined) return undefined;
  if (command === named && command.commands.length > 0 && second !== undefined && !second.startsWith("-")) {
    const meant = nearMiss(
      second,
      command.commands.map((one) => one.name()),
    );
    return GatewiseError.of(
      `unknown command '${second}'`,
      meant === undefined ? "see --help" : `did you mean ${meant}?`,
    );
  }
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
