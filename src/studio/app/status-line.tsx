import type { Status } from "./status.ts";

/** What goes on, in words; a bar and a way to end it where it takes its time. */
export function StatusLine({ status }: { readonly status: Status }) {
  const state = status.state.value;
  return (
    <div class={`status ${state.kind}`}>
      <p role="status">
        {state.kind === "failed" ? (
          <>
            <strong>{state.message}</strong> <span>{state.hint}</span>
          </>
        ) : state.kind === "working" ? (
          state.what
        ) : (
          "ready"
        )}
      </p>
      {state.kind === "working" && <Work status={status} />}
    </div>
  );
}

/** Shown by the style sheet once half a second has passed: what is quicker needs neither. */
function Work({ status }: { readonly status: Status }) {
  const progress = status.progress.value;
  const cancel = status.cancel.value;
  return (
    <div class="work">
      <progress
        aria-label="progress"
        {...(progress === undefined ? {} : { value: progress.done, max: progress.total })}
      />
      {cancel !== undefined && (
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      )}
    </div>
  );
}
