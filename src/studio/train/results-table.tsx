import { titleOf } from "./settings.ts";
import type { LanePart } from "./topics.ts";
import { bestOf, GATE_WORDS, percent } from "./words.ts";

/** Where each regime stands. */
export function ResultsTable({ lanes }: { readonly lanes: readonly LanePart[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <div class="scroll" tabIndex={0}>
      <table class="results">
        <caption>Results</caption>
        <thead>
          <tr>
            <th scope="col">Regime</th>
            <th scope="col">Epoch</th>
            <th scope="col">Train loss</th>
            <th scope="col">Test accuracy</th>
            <th scope="col">Best</th>
            <th scope="col">Gates</th>
          </tr>
        </thead>
        <tbody>
          {lanes.map((lane) => (
            <Row key={lane.regime} lane={lane} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ lane }: { readonly lane: LanePart }) {
  const [last, best] = [lane.epochs.at(-1), bestOf(lane)];
  return (
    <tr>
      <th scope="row">
        <span class={`key of-${lane.regime}`} aria-hidden="true" />
        {titleOf(lane.regime)}
      </th>
      <td class="number">{lane.epochs.length}</td>
      <td class="number">{last === undefined ? "" : last.trainLoss.toFixed(4)}</td>
      <td class="number">{last === undefined ? "" : percent(last.testAccuracy)}</td>
      <td class="number">{best === undefined ? "" : `${percent(best.testAccuracy)} (epoch ${best.epoch})`}</td>
      <td>{lane.state === "failed" ? lane.why : GATE_WORDS[lane.regime]}</td>
    </tr>
  );
}
