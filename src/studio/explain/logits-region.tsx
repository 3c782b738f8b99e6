import { Region } from "../figure/region.tsx";
import { numberText } from "../figure/table.tsx";
import { commandOf } from "./commands.ts";
import type { Explain } from "./explain.ts";

/** Outputs that are listed; of more the largest. */
const LISTED = 20;

/** The outputs: one is looked at, another may be compared with it. */
export function LogitsRegion({ explain }: { readonly explain: Explain }) {
  const flow = explain.flow.value;
  if (flow === undefined) return null;
  const { logits, output, against } = flow;
  const order = Array.from(logits, (_, i) => i);
  const shown =
    order.length <= LISTED
      ? order
      : order
          .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0))
          .slice(0, LISTED)
          .sort((a, b) => a - b);
  const reach = logits.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  return (
    <Region
      name="Logits"
      class="logits"
      lead={
        against === undefined
          ? "One is looked at; choose another, or one to set against it."
          : `What follows is of output ${output} less output ${against}.`
      }
      command={commandOf(explain, "flow")}
      table={() => ({ columns: ["output", "logit"], rows: Array.from(logits, (one, i) => [i, one]) })}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
      <div class="scroll" tabIndex={0}>
        <table class="outputs">
          <thead>
            <tr>
              <th scope="col">output</th>
              <th scope="col" class="number">
                logit
              </th>
              <th scope="col">
                <span class="hidden-words">size</span>
              </th>
              <th scope="col">look</th>
              <th scope="col">against</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((i) => {
              const logit = logits[i] ?? 0;
              return (
                <tr key={i} class={i === output ? "chosen" : ""}>
                  <th scope="row">{i}</th>
                  <td class="number">{numberText(logit)}</td>
                  <td class="bar-cell">
                    <span
                      class={logit < 0 ? "negative" : "positive"}
                      ref={(element) => {
                        if (element !== null) element.style.width = `${(100 * Math.abs(logit)) / reach}%`;
                      }}
                    />
                  </td>
                  <td>
                    <input
                      type="radio"
                      name="output"
                      aria-label={`look at output ${i}`}
                      checked={i === output}
                      onChange={() => {
                        explain.output.value = i;
                      }}
                    />
                  </td>
                  <td>
                    <input
                      type="radio"
                      name="against"
                      aria-label={`against output ${i}`}
                      checked={i === against}
                      disabled={i === output}
                      onChange={() => {
                        explain.against.value = i;
                      }}
                    />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <div class="controls">
        {explain.output.value !== undefined && (
          <button
            type="button"
            onClick={() => {
              explain.output.value = undefined;
            }}
          >
            Follow the largest
          </button>
        )}
        {against !== undefined && (
          <button
            type="button"
            onClick={() => {
              explain.against.value = undefined;
            }}
          >
            Alone
          </button>
        )}
      </div>
    </Region>
  );
}
