/** What the two processes of a command say to each other: the one that hears signals and the one that works. */
import type { ExitCode } from "./exit-codes.ts";

export interface ToCommand {
  readonly kind: "stop";
  /** What the command is to end with. */
  readonly code: ExitCode;
}

export type FromCommand =
  /** A process of its own that the command has started. */
  | { readonly kind: "started"; readonly pid: number }
  | { readonly kind: "ended"; readonly pid: number }
  /** A lock that the command holds, by its file and what stands in it; taken away with it. */
  | { readonly kind: "locked" | "unlocked"; readonly path: string; readonly id: string }
  /** What goes on with the command once it is stopped, as a line for the shell. */
  | { readonly kind: "resumption"; readonly command: string }
  /** A stopped command has said what there is to say: its end may come at any moment. */
  | { readonly kind: "said"; readonly code: ExitCode };

/** How signals end a command: all but Ctrl-C are the end of its time. */
export const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 75, SIGHUP: 75 } as const satisfies Readonly<
  Partial<Record<NodeJS.Signals, ExitCode>>
>;

export const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const satisfies readonly (keyof typeof SIGNAL_CODES)[];
