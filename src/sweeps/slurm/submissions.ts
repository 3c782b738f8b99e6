/** What was sent of a sweep, a line an array. Slurm is asked what has become of it: the truth about trials is in their runs. */
import { z } from "zod";
import { parseJson } from "../../runs/index.ts";
import type { QueuedTask } from "./answers.ts";

/** A line of `submitted.jsonl`. */
export interface Submission {
  readonly scheduler: "slurm";
  /** Slurm's number of the array. */
  readonly job: string;
  /** Indices, as `sbatch --array` took them. */
  readonly array: string;
  /** The task whose index is 0, and the number of all. */
  readonly first: number;
  readonly tasks: number;
  readonly submittedAt: string;
}

const SubmissionStructure: z.ZodType<Submission> = z.strictObject({
  scheduler: z.literal("slurm"),
  job: z.string(),
  array: z.string(),
  first: z.int().min(0),
  tasks: z.int().min(1),
  submittedAt: z.string(),
});

/** Reads one line of a `submitted.jsonl`. */
export const readSubmission = (line: string, place: string): Submission => parseJson(SubmissionStructure, line, place);

export const submissionLine = (submission: Submission): string => `${JSON.stringify(submission)}\n`;

/** Families that a task has that waits or runs, by their places in the plan. */
export function familiesInQueue(
  submissions: readonly Submission[],
  queue: readonly QueuedTask[],
  families: number,
): ReadonlySet<number> {
  const sent = new Map(submissions.map((submission) => [submission.job, submission]));
  const waiting = queue.flatMap(({ job, index }) => {
    const submission = sent.get(job);
    if (submission === undefined) return [];
    const tasks = Math.min(submission.tasks, families);
    const task = (submission.first + index) % tasks;
    return Array.from({ length: Math.ceil((families - task) / tasks) }, (_, i) => task + i * tasks);
  });
  return new Set(waiting);
}
