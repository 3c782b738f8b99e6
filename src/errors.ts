/** What a {@link GatewiseError} is made of: what came, what was expected, what to do next. */
export interface ErrorParts {
  /** What was received, as the user would recognize it: `regime "dlnfp"`. */
  readonly received: string;
  /** What would have been right: `relu, frnpf-ii, …`. */
  readonly expected: string;
  /** The next thing to do: `did you mean "dlnpf"?`. */
  readonly next: string;
  /** Options that a command line lacks, where that is the mistake: `["--model-output", "logits"]`. */
  readonly options?: readonly string[];
  readonly cause?: unknown;
}

/**
 * The one error class for mistakes that a user can mend.
 *
 * `message` is "received: expected …", `hint` says what to do next; both go unchanged to the terminal and into
 * `--json`. Anything else that is thrown is a bug of ours and keeps its stack.
 */
export class GatewiseError extends Error {
  override readonly name = "GatewiseError";
  /** What was received. */
  readonly received: string;
  /** What would have been right. */
  readonly expected: string;
  /** The next thing to do. */
  readonly hint: string;
  /** What a command line would be mended with, as words; empty where that is not the mistake. */
  readonly options: readonly string[];

  constructor({ received, expected, next, options = [], cause }: ErrorParts) {
    super(`${received}: expected ${expected}`, cause === undefined ? undefined : { cause });
    this.received = received;
    this.expected = expected;
    this.hint = next;
    this.options = options;
  }

  /** An error whose text is ready, of a tool or a process that keeps no parts. */
  static of(message: string, hint: string): GatewiseError {
    const [received = message, ...expected] = message.split(": expected ");
    const error = new GatewiseError({ received, expected: expected.join(": expected "), next: hint });
    error.message = message;
    return error;
  }

  /** The same mistake, with another thing to do next. */
  withHint(next: string): GatewiseError {
    const { received, expected, options } = this;
    return new GatewiseError({ received, expected, next, options, cause: this });
  }
}

/** Marks what the type system proves impossible: reaching it is a bug, so the error keeps its stack. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** The text of anything that was thrown, for the `received` or `cause` of a wrapping error. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The system's code of a failed call (`ENOENT`, `ENOSPC`, …), or undefined. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;

/** An error as it crosses between threads: a user's mistake keeps its parts, a bug keeps its stack. */
export type PackedError =
  | { readonly kind: "mistake"; readonly parts: Omit<ErrorParts, "cause"> }
  | { readonly kind: "bug"; readonly message: string; readonly stack: string };

export function packError(thrown: unknown): PackedError {
  if (thrown instanceof GatewiseError) {
    const { received, expected, hint: next, options } = thrown;
    return { kind: "mistake", parts: { received, expected, next, options } };
  }
  return { kind: "bug", message: messageOf(thrown), stack: (thrown instanceof Error && thrown.stack) || "" };
}

export function unpackError(packed: PackedError): Error {
  if (packed.kind === "mistake") return new GatewiseError(packed.parts);
  const error = new Error(packed.message);
  error.stack = packed.stack;
  return error;
}
