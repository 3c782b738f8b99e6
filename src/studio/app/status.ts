import { batch, signal } from "@preact/signals";
import { GatewiseError, messageOf } from "../../errors.ts";
import type { Progress } from "../desk/protocol.ts";

/** What a tab is at: shown in the page's status line. */
export type State =
  | { readonly kind: "ready" }
  | { readonly kind: "working"; readonly what: string }
  | { readonly kind: "failed"; readonly message: string; readonly hint: string };

/** Work that has begun. Later work takes its place; what ends then tells nothing. */
export interface Work {
  progress(progress: Progress): void;
  done(): void;
  fail(thrown: unknown): void;
}

/** Status of one tab. It says "ready" when an answer is complete. */
export class Status {
  readonly state = signal<State>({ kind: "working", what: "starting" });
  readonly progress = signal<Progress | undefined>(undefined);
  /** Ends what is at work, where that can be ended. */
  readonly cancel = signal<(() => void) | undefined>(undefined);
  private latest = 0;

  /** @param what "reading the model": said if it takes long enough to be read */
  begin(what: string, cancel?: () => void): Work {
    const mine = ++this.latest;
    const unlessOld = (tell: () => void): void => {
      if (mine === this.latest) batch(tell);
    };
    batch(() => {
      this.state.value = { kind: "working", what };
      this.progress.value = undefined;
      this.cancel.value = cancel;
    });
    const end = (state: State): void => {
      this.state.value = state;
      this.progress.value = undefined;
      this.cancel.value = undefined;
    };
    return {
      progress: (progress) =>
        unlessOld(() => {
          this.progress.value = progress;
        }),
      done: () => unlessOld(() => end({ kind: "ready" })),
      fail: (thrown) => unlessOld(() => end(failed(thrown))),
    };
  }

  fail(thrown: unknown): void {
    this.begin("").fail(thrown);
  }
}

/** A mistake in its words; what else is thrown is a bug of ours, and says so. */
function failed(thrown: unknown): State {
  if (thrown instanceof GatewiseError) return { kind: "failed", message: thrown.message, hint: inWords(thrown.hint) };
  return { kind: "failed", message: messageOf(thrown), hint: "this is a bug: please report it with what led to it" };
}

/** Hints name options between backticks, for programs: a page has no options to set. */
const inWords = (hint: string): string => hint.replaceAll("`", "");
