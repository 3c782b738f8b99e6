/** Kinds of faults, and what a program does about each. Which argument or file it is stands in the text. */
export const ERROR_CODES = [
  /** An argument or option, or two that do not go together: call it otherwise. */
  "invalid-argument",
  /** A file, folder or data set is not where it was looked for: name another place, or fetch it. */
  "file-not-found",
  /** The system refuses a file: rights, a full disk, a folder in its place. */
  "file-access",
  /** A file of the right kind whose bytes contradict themselves or end too early: get it again. */
  "damaged-file",
  /** A file of another kind, version or element type: convert it as the hint says. */
  "unsupported-file",
  /** A model that no gated network can hold, or that a device has no kernel for. */
  "unsupported-model",
  /** Beyond a limit of memory or size: ask for less, or for an estimate. */
  "too-large",
  /** The place holds other results, which are never overwritten: choose another, or resume. */
  "already-exists",
  /** Another process works there: wait for it. */
  "in-use",
  /** This process was stopped for so long that another has taken its place: nothing more is written here. */
  "taken-over",
  /** An engine, program, array or model after its release. */
  "released",
  /** The engine or the device does not start on this machine. */
  "engine-unavailable",
  /** The engine failed at work. */
  "engine-failed",
  /** A worker thread or process ended before its work: short of memory, or killed. */
  "worker-ended",
  /** No mirror sent the right bytes: try again later. */
  "download-failed",
  /** Stopped by a signal or a time limit before the end: what is done is kept. */
  "interrupted",
  /** Numbers that cannot be gone on with: a loss that is not finite, a kernel that is not positive. */
  "numerical-failure",
] as const;
/** What kind of fault an error is: for programs to switch on. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What a {@link GatewiseError} is made of: what came, what was expected, what to do next. */
export interface ErrorParts {
  /** `invalid-argument` unless told otherwise. */
  readonly code?: ErrorCode;
  /** What was received, as the user would recognize it: `regime "dlnfp"`. */
  readonly received: string;
  /** What would have been right: `relu, frnpf-ii, …`. */
  readonly expected: string;
  /** The next thing to do: `did you mean "dlnpf"?`. */
  readonly next: string;
  /** Options that the call lacks, where that is the mistake: `{ output: "logits" }`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error class for mistakes that a user can mend.
 *
 * `message` is "received: expected …", `hint` says what to do next, `code` what kind of fault it is. Options and functions
 * that a hint names stand between backticks; a command line puts its flags in their place. Anything else that is thrown
 * is a bug of ours and keeps its stack, but for the reason of an `AbortSignal`, with which aborted work rejects.
 */
export class GatewiseError extends Error {
  override readonly name = "GatewiseError";
  /** What kind of fault it is. */
  readonly code: ErrorCode;
  /** What was received. */
  readonly received: string;
  /** What would have been right. */
  readonly expected: string;
  /** The next thing to do. */
  readonly hint: string;
  /** What the call would be mended with: its options; empty where that is not the mistake. */
  readonly settings: Readonly<Record<string, unknown>>;

  constructor({ code = "invalid-argument", received, expected, next, settings = {}, cause }: ErrorParts) {
    super(`${received}: expected ${expected}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.received = received;
    this.expected = expected;
    this.hint = next;
    this.settings = settings;
  }

  /** An error whose text is ready, of a tool or a process that keeps no parts. */
  static of(message: string, hint: string, code?: ErrorCode): GatewiseError {
    const [received = message, ...expected] = message.split(": expected ");
    const error = new GatewiseError({
      ...(code === undefined ? {} : { code }),
      received,
      expected: expected.join(": expected "),
      next: hint,
    });
    error.message = message;
    return error;
  }

  /** The same mistake, with another thing to do next. */
  withHint(next: string): GatewiseError {
    const { code, received, expected, settings } = this;
    return new GatewiseError({ code, received, expected, next, settings, cause: this });
  }
}

/** Marks what the type system proves impossible: reaching it is a bug, so the error keeps its stack. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** The text of anything that was thrown, for the `received` or `cause` of a wrapping error. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/**
 * Of failures on the way out of a failure the first: where a disk is gone, closing a file fails as its writing did, and
 * `await using` throws both as one.
 */
export function firstFailure(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown.name !== "SuppressedError" || !("suppressed" in thrown)) return thrown;
  return firstFailure(thrown.suppressed);
}

/** The system's code of a failed call (`ENOENT`, `ENOSPC`, …), or undefined; a user's mistake has none. */
export function codeOf(thrown: unknown): string | undefined {
  const first = firstFailure(thrown);
  return first instanceof Error &&
    !(first instanceof GatewiseError) &&
    "code" in first &&
    typeof first.code === "string"
    ? first.code
    : undefined;
}

/** An error as it crosses between threads: a user's mistake keeps its parts, a bug keeps its stack. */
export type PackedError =
  | { readonly kind: "mistake"; readonly parts: Omit<ErrorParts, "cause"> }
  | { readonly kind: "bug"; readonly message: string; readonly stack: string };

export function packError(failure: unknown): PackedError {
  const thrown = firstFailure(failure);
  if (thrown instanceof GatewiseError) {
    const { code, received, expected, hint: next, settings } = thrown;
    return { kind: "mistake", parts: { code, received, expected, next, settings } };
  }
  return { kind: "bug", message: messageOf(thrown), stack: (thrown instanceof Error && thrown.stack) || "" };
}

export function unpackError(packed: PackedError): Error {
  if (packed.kind === "mistake") return new GatewiseError(packed.parts);
  const error = new Error(packed.message);
  error.stack = packed.stack;
  return error;
}
