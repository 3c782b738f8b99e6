import { useSignal } from "@preact/signals";
import { writeNpy } from "../../data/index.ts";
import { float64 } from "../../graph/index.ts";
import { carried } from "../app/page.ts";
import { unpacked } from "../desk/unpacked.ts";
import { FileButton } from "../figure/file-button.tsx";
import { save } from "../figure/save.ts";
import type { Explain } from "./explain.ts";
import { keepReading, LAYOUTS, readingOf, SCALINGS } from "./image-reading.ts";
import type { InputView } from "./input-view.ts";
import { ModelChoiceFields } from "./model-choice.tsx";
import type { ImageReading } from "./read-input.ts";

/** What is opened and saved: models, runs, inputs. */
export function FileControls({ explain, view }: { readonly explain: Explain; readonly view: InputView }) {
  const { model: opened, examples: list, input: chosen } = explain;
  const [model, examples, input] = [opened.value, list.value, chosen.value];
  if (model === undefined || examples === undefined || input === undefined) return null;
  return (
    <>
      {examples.count > 1 && <ExampleChoice explain={explain} count={examples.count} />}
      <div class="controls">
        <FileButton label="Open model" multiple onFiles={(files) => void explain.open(files)} />
        <FileButton label="Open run" folder onFiles={(files) => void explain.open(files)} />
        <FileButton
          label="Open input"
          accept=".npy,.png,.jpg,.jpeg"
          onFiles={([file]) => file && void explain.openInput(file)}
        />
        <button
          type="button"
          class="plain"
          onClick={() => save(input.file, "application/octet-stream", npyOf(model.inputShape, input.data))}
        >
          Save input
        </button>
        {model.kind === "start" && (
          <button type="button" class="plain" onClick={() => void saveNetwork(model.name)}>
            Save network
          </button>
        )}
      </div>
      <ModelChoiceFields explain={explain} />
      {view.kind === "image" && <ReadingChoice key={model.name} explain={explain} isColored={view.channels > 1} />}
    </>
  );
}

export const npyOf = (shape: readonly number[], data: Float64Array, count = 1): Uint8Array<ArrayBuffer> =>
  new Uint8Array(writeNpy(float64([count, ...shape], data)));

async function saveNetwork(name: string): Promise<void> {
  save(name, "application/octet-stream", new Uint8Array(await unpacked(carried(document, "start-model"))));
}

function ExampleChoice({ explain, count }: { readonly explain: Explain; readonly count: number }) {
  const at = explain.input.value?.example;
  return (
    <div class="controls">
      <label>
        Example{" "}
        <input
          type="number"
          min={0}
          max={count - 1}
          value={at ?? ""}
          placeholder="own"
          onInput={({ currentTarget }) => {
            if (currentTarget.value !== "") explain.choose(Number(currentTarget.value));
          }}
        />
      </label>
      <button type="button" onClick={() => explain.choose(((at ?? 0) + count - 1) % count)} aria-label="Example before">
        ‹
      </button>
      <button
        type="button"
        onClick={() => explain.choose(at === undefined ? 0 : (at + 1) % count)}
        aria-label="Next example"
      >
        ›
      </button>
    </div>
  );
}

/** How PNG and JPEG files become inputs. */
function ReadingChoice({ explain, isColored }: { readonly explain: Explain; readonly isColored: boolean }) {
  const model = explain.model.value;
  const chosen = useSignal<ImageReading | undefined>(undefined);
  if (model === undefined) return null;
  const reading = chosen.value ?? readingOf(model);
  const set = (change: Partial<ImageReading>): void => {
    chosen.value = { ...reading, ...change };
    keepReading(model, chosen.value);
  };
  const numbers = (text: string): readonly number[] =>
    text
      .split(/[\s,]+/)
      .map(Number)
      .filter(Number.isFinite);
  return (
    <details class="reading">
      <summary>
        How images are read: {reading.scaling}
        {isColored ? `, ${reading.layout}` : ""}
      </summary>
      <div class="controls">
        <label>
          Scale{" "}
          <select
            value={reading.scaling}
            onChange={({ currentTarget: { value } }) =>
              set({ scaling: SCALINGS.find((one) => one === value) ?? "0 to 1" })
            }
          >
            {SCALINGS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        {reading.scaling === "mean and deviation" && (
          <>
            <label>
              Mean{" "}
              <input
                type="text"
                size={14}
                value={reading.mean.join(", ")}
                onChange={({ currentTarget: { value } }) => set({ mean: numbers(value) })}
              />
            </label>
            <label>
              Deviation{" "}
              <input
                type="text"
                size={14}
                value={reading.deviation.join(", ")}
                onChange={({ currentTarget: { value } }) => set({ deviation: numbers(value) })}
              />
            </label>
          </>
        )}
        {isColored && (
          <label>
            Layout{" "}
            <select
              value={reading.layout}
              onChange={({ currentTarget: { value } }) =>
                set({ layout: LAYOUTS.find((one) => one === value) ?? "channels first" })
              }
            >
              <option value="channels first">channels first (NCHW)</option>
              <option value="channels last">channels last (NHWC)</option>
            </select>
          </label>
        )}
      </div>
    </details>
  );
}
