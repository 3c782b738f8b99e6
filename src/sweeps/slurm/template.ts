/** The user's job script: partition, account, memory, modules. What the sweep adds is the array and the last line. */
import { GatewiseError } from "../../errors.ts";

/** A job script that was looked through. */
export interface JobTemplate {
  /** The whole script, with a line break at its end. */
  readonly text: string;
  /** Options that it gives by `#SBATCH`, by their long names. */
  readonly options: ReadonlyMap<string, string>;
}

/** Where there is no script of the user's. */
export const NO_TEMPLATE: JobTemplate = { text: "#!/bin/bash\n", options: new Map() };

/** Long names of the short options that are looked at. */
const LONG: Readonly<Record<string, string>> = {
  a: "array",
  c: "cpus-per-task",
  d: "dependency",
  e: "error",
  J: "job-name",
  N: "nodes",
  n: "ntasks",
  o: "output",
  W: "wait",
};

/** What only the sweep can decide. */
const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ["array", "leave it out: the sweep's tasks are the array; `maxRunning` limits how many run at once"],
  ["dependency", "leave it out: `rounds` chains the arrays of a sweep"],
  ["wait", "leave it out, and ask `sweep status`"],
  ["test-only", "leave it out: `dryRun` tests"],
]);
/** Of what one process cannot use more. */
const ONE_PROCESS = ["nodes", "ntasks"];

/**
 * Reads a job script.
 * @param file its name, for errors
 * @throws GatewiseError for what is no script, for options that the sweep decides, and for lines which keep it from its work
 */
export function readTemplate(text: string, file: string): JobTemplate {
  if (!text.startsWith("#!"))
    throw refused(file, text === "" ? "an empty file" : "no #! in its first line", "begin it with #!/bin/bash");
  if (text.includes("\r"))
    throw refused(file, "line ends of Windows, which sbatch refuses", "convert it: sed -i 's/\\r$//' FILE");
  if (text.includes("\0")) throw refused(file, "bytes that are no text", "name the job script");
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.trim() !== "" && !line.startsWith("#"));
  const options = new Map<string, string>();
  for (const [i, line] of lines.entries()) {
    const place = `${file}, line ${i + 1}`;
    if (line.startsWith("#SBATCH")) {
      if (first >= 0 && i > first)
        throw refused(place, `${line.trim()} behind the first command, where Slurm does not read it`, "move it up");
      for (const [name, value] of optionsOf(line)) {
        checkOption(name, value, place);
        options.set(name, value);
      }
    } else if (/^(exit|exec)\b/.test(line)) {
      throw refused(place, `"${line.trim()}", which ends the script before the sweep's line`, "leave it out");
    }
  }
  return { text: text.endsWith("\n") ? text : `${text}\n`, options };
}

/** `#SBATCH --time=1:00:00 -c 4 # why` has two options. */
function optionsOf(line: string): readonly (readonly [string, string])[] {
  const text = line.slice("#SBATCH".length).split(/\s#/)[0] ?? "";
  const words = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.flatMap((word, i) => {
    const next = words[i + 1];
    const following = next === undefined || next.startsWith("-") ? "" : next;
    const long = /^--([a-z-]+)(?:=(.*))?$/.exec(word);
    if (long !== null) return [[long[1] ?? "", unquoted(long[2] ?? following)] as const];
    const short = /^-([A-Za-z])(.*)$/.exec(word);
    const name = LONG[short?.[1] ?? ""];
    if (short === null || name === undefined) return [];
    return [[name, unquoted(short[2] === "" || short[2] === undefined ? following : short[2])] as const];
  });
}

const unquoted = (text: string): string => text.replaceAll(/["']/g, "");

function checkOption(name: string, value: string, place: string): void {
  const next = NOT_HERE.get(name);
  if (next !== undefined) throw refused(place, `#SBATCH --${name}`, next);
  if (ONE_PROCESS.includes(name) && value !== "1" && value !== "1-1")
    throw refused(
      place,
      `#SBATCH --${name}=${value}`,
      "a task is one process on one node: give it cores by --cpus-per-task",
    );
  if (name === "signal" && !/^([A-Z]*R?)?B:(SIG)?USR2@\d+$/.test(value))
    throw refused(place, `#SBATCH --signal=${value}`, "give --signal=B:USR2@120, or leave it out, which does the same");
}

const refused = (place: string, what: string, next: string): GatewiseError =>
  new GatewiseError({
    received: `${place}: ${what}`,
    expected: "a bash script with #SBATCH lines for partition, account, time, memory or cores, then modules",
    next,
  });
