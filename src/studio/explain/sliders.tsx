import { numberText, signed } from "../figure/table.tsx";
import type { Explain } from "./explain.ts";

interface SlidersProps {
  readonly explain: Explain;
  readonly input: Float64Array;
  readonly flow: Float64Array | undefined;
}

/** A handful of numbers, each by a slider, with what it contributes. */
export function Sliders({ explain, input, flow }: SlidersProps) {
  const reach = Math.max(
    1,
    input.reduce((most, one) => Math.max(most, Math.abs(one)), 0),
  );
  const largest = flow?.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
  return (
    <div class="sliders">
      {Array.from(input, (value, i) => {
        const contribution = flow?.[i] ?? 0;
        return (
          <label key={i} class="slider">
            <span>element {i}</span>
            <input
              type="range"
              min={-reach}
              max={reach}
              step={reach / 200}
              value={value}
              onInput={({ currentTarget }) => {
                const data = (explain.input.peek()?.data ?? input).slice();
                data[i] = Math.fround(Number(currentTarget.value));
                explain.setInput(data);
              }}
            />
            <span class="number">{numberText(value)}</span>
            <meter
              class={contribution < 0 ? "negative" : "positive"}
              min={0}
              max={largest}
              value={Math.abs(contribution)}
              aria-label={`contribution of element ${i}`}
            />
            <span class="number">{signed(contribution)}</span>
          </label>
        );
      })}
    </div>
  );
}
