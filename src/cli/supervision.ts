/** What the two processes of a command say to each other: the one that hears signals and the one that works. */
import type { ExitCode } from "./exit-codes.ts";

/** Why a command is to stop. */
export interface StopReason {
  /** What it is to end with. */
  readonly code: ExitCode;
  /** What came to its end where it was time, as a message has it: `the time limit of 2h`. */
  readonly timeIsUp?: string;
}

export interface ToCommand extends StopReason {
  readonly kind: "stop";
}

export type FromCommand =
  /** A process of its own that the command has started. */
  | { readonly kind: "started"; readonly pid: number }
  | { readonly kind: "ended"; readonly pid: number }
  /** A lock that the command holds, by its file and what stands in it; taken away with it. */
  | { readonly kind: "locked" | "unlocked"; readonly path: string; readonly id: string }
  /** What goes on with the command once it is stopped, as a line for the shell. */
  | { readonly kind: "resumption"; readonly command: string }
  /** The time that the user gave it, from now. */
  | { readonly kind: "limit"; readonly milliseconds: number; readonly timeIsUp: string }
  /** Something is on the disk from which it goes on. */
  | { readonly kind: "kept" }
  /** A stopped command has said what there is to say: its end may come at any moment. */
  | { readonly kind: "said"; readonly code: ExitCode };

export const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"] as const satisfies readonly NodeJS.Signals[];
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * How signals end a command: Ctrl-C interrupts it, TERM and HUP take its place away, and USR2 is what schedulers are asked to
 * send when its time is nearly up: it is to go on at another time.
 */
export const STOP_REASONS: Readonly<Record<StopSignal, StopReason>> = {
  SIGINT: { code: 130 },
  SIGTERM: { code: 75 },
  SIGHUP: { code: 75 },
  SIGUSR2: { code: 75, timeIsUp: "the end of its time (SIGUSR2)" },
};
