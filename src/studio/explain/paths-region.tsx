import { PowerOfTwo } from "../figure/power-of-two.tsx";
import { Region } from "../figure/region.tsx";
import { signed } from "../figure/table.tsx";
import { commandOf } from "./commands.ts";
import type { Explain } from "./explain.ts";

/** The strongest paths, and how little of the whole they hold. */
export function PathsRegion({ explain }: { readonly explain: Explain }) {
  const paths = explain.paths.value;
  if (paths === undefined) return null;
  const { top, topShare, log2ActivePaths, effectivePaths } = paths;
  return (
    <Region
      name="Paths"
      lead={
        <>
          A path leads from an input or a bias through one open unit of each layer to the output; the output is the sum
          over all <PowerOfTwo log2={log2ActivePaths} /> active ones. The {top.length} strongest hold{" "}
          <strong>{shareWords(topShare)}</strong> of their mass; about {Math.round(effectivePaths).toLocaleString("en")}{" "}
          equal ones would be as spread.
        </>
      }
      command={commandOf(explain, "paths")}
      table={() => ({
        columns: ["contribution", "starts at", "units"],
        rows: top.map(({ contribution, start, units }) => [contribution, start, units.join(" → ")]),
      })}
    >
      <ol class="paths">
        {top.map(({ contribution, units, start }) => (
          <li key={`${start} ${units.join()}`}>
            <span class={`number ${contribution < 0 ? "negative" : "positive"}`}>{signed(contribution)}</span>
            <span class="steps">
              {start === "input" ? "" : `${start}: `}
              {units.map((unit, i) => (
                <span key={i}>{unit}</span>
              ))}
            </span>
          </li>
        ))}
      </ol>
    </Region>
  );
}

const shareWords = (share: number): string => `${(100 * share).toPrecision(2)} %`;
