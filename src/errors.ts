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
  readonly hint: string;
  /** What a command line would be mended with, as words; empty where that is not the mistake. */
  readonly options: readonly string[];

  constructor({ received, expected, next, options = [], cause }: ErrorParts) {
    super(`${received}: expected ${expected}`, cause === undefined ? undefined : { cause });
    this.hint = next;
    this.options = options;
  }

  /** An error whose text is ready: one that came from another thread. */
  static of(message: string, hint: string): GatewiseError {
    const error = new GatewiseError({ received: "", expected: "", next: hint });
    error.message = message;
    return error;
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
  | { readonly kind: "mistake"; readonly message: string; readonly hint: string }
  | { readonly kind: "bug"; readonly message: string; readonly stack: string };

export function packError(thrown: unknown): PackedError {
  if (thrown instanceof GatewiseError) return { kind: "mistake", message: thrown.message, hint: thrown.hint };
  return { kind: "bug", message: messageOf(thrown), stack: (thrown instanceof Error && thrown.stack) || "" };
}

export function unpackError(packed: PackedError): Error {
  if (packed.kind === "mistake") return GatewiseError.of(packed.message, packed.hint);
  const error = new Error(packed.message);
  error.stack = packed.stack;
  return error;
}
