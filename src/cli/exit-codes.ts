/** Exit codes of every command (design: command line contract). */
export const EXIT = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  /** Stopped at a time limit or by a scheduler (SIGUSR2, SIGTERM); can be resumed. */
  timeLimit: 75,
  /** Another process has taken over what this one was writing: it goes on there, and is not to be started again here. */
  takenOver: 76,
  /** Interrupted by Ctrl-C; can be resumed. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
