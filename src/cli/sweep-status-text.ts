/** What a terminal shows of how far a sweep is. */
import { type SweepStatus, TRIAL_STATES, type TrialLook } from "../sweeps/index.ts";
import { formatDuration } from "./duration.ts";
import { shown } from "./shown.ts";
import { formatTable } from "./table.ts";

/** Trials of a state that are listed; more are counted. */
const MOST_LISTED = 10;

export function statusText(status: SweepStatus, looks: readonly TrialLook[]): string {
  const columns = ["trials", ...TRIAL_STATES] as const;
  const counts = formatTable(
    columns.map((title) => ({ title, align: "right" })),
    [columns.map((name) => String(status[name]))],
  );
  const listed = (["running", "stalled", "failed"] as const).flatMap((state) => {
    const own = looks.filter((look) => look.status === state);
    if (own.length === 0) return [];
    const more = own.length > MOST_LISTED ? [`  and ${own.length - MOST_LISTED} more`] : [];
    return ["", state, ...own.slice(0, MOST_LISTED).map((look) => `  ${lineOf(look)}`), ...more];
  });
  return [counts, ...timeLeft(status), ...listed].join("\n");
}

function timeLeft({ hoursLeft, coreHoursLeft, running }: SweepStatus): readonly string[] {
  if (coreHoursLeft === 0) return [];
  const [hours, cores] = [hoursLeft, coreHoursLeft].map((one) => formatDuration(one * 3600));
  return [
    "",
    running < 2
      ? `about ${cores} of one core left`
      : `about ${hours} left with ${running} running, ${cores} of one core`,
  ];
}

function lineOf({ trial, epochs, of, reason, by }: TrialLook): string {
  const place = of === 0 ? "" : `, epoch ${epochs} of ${of}`;
  return `${shown(trial)}${place}${by === null ? "" : `, ${shown(by)}`}${reason === null ? "" : `: ${shown(reason)}`}`;
}
