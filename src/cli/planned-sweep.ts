/** What a terminal and `--json` show of a planned sweep. */
import type { PlannedSweep } from "../sweeps/node/index.ts";
import { formatBytes } from "./bytes.ts";
import { type CliContext, shellWord } from "./context.ts";
import { formatDuration } from "./duration.ts";
import { note, printResult } from "./output.ts";
import { shown } from "./shown.ts";

/** Names that a terminal lists; more are counted. */
const MOST_NAMES = 10;

export function printPlan(context: CliContext, planned: PlannedSweep): void {
  const { directory, record, trials, change, changedFiles } = planned;
  const { coreHours, memoryBytes, diskBytes } = record.estimate;
  const families = new Set(trials.map(({ family }) => family)).size;
  const forGates = trials.filter(({ asked }) => !asked).length;
  const { kept, added, gone } = change;
  const result = {
    ...{ sweep: directory, trials: trials.length, families, forGates },
    estimate: record.estimate,
    ...{ added: added.length, kept: kept.length, gone, changedData: changedFiles },
  };
  printResult(context, result, () =>
    [
      `${count(trials.length, "trial")} in ${count(families, "family", "families")}${forGates === 0 ? "" : `, ${forGates} of them for the gates of others alone`}`,
      ...(kept.length === 0 ? [] : [`${kept.length} were planned before, ${added.length} are new`]),
      coreHours === 0
        ? "how long they take is not known before"
        : `about ${formatDuration(coreHours * 3600)} of one core, ${formatBytes(memoryBytes)} of memory a trial, ${formatBytes(diskBytes)} of disk`,
      "",
      `sweep  ${shown(directory)}`,
    ].join("\n"),
  );
  for (const { name, before, now } of changedFiles) {
    note(
      context,
      `data ${shown(name)} are others than the sweep was planned with (${short(now)} in place of ${short(before)}): their trials are new`,
    );
  }
  if (gone.length > 0) {
    const names = gone.slice(0, MOST_NAMES).map((name) => `\n  ${shown(name)}`);
    const more = gone.length > MOST_NAMES ? `\n  and ${gone.length - MOST_NAMES} more` : "";
    note(context, `no longer in, their runs stay where they are:${names.join("")}${more}`);
  }
  note(context, `to run it:\n  gatewise sweep run ${shown(shellWord(directory))}`);
}

/** As errors tell a digest. */
const short = (digest: string): string => digest.replace(/(:.{12}).*/, "$1…");

export const count = (number: number, one: string, several = `${one}s`): string =>
  `${number.toLocaleString("en")} ${number === 1 ? one : several}`;
