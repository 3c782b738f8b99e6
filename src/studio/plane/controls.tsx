import { FileButton } from "../figure/file-button.tsx";
import { save } from "../figure/save.ts";
import type { Plane } from "./plane.ts";
import { CHOICES, type ChoiceName, NUMBERS, type NumberName } from "./settings.ts";
import { momentWords } from "./words.ts";

const DATA_WORDS: Readonly<Record<string, string>> = { own: "own points", file: "a CSV file" };
const DRAWN: readonly NumberName[] = ["count", "noise", "draw"];
const NETWORK: readonly NumberName[] = ["width", "depth", "lr", "epochs", "seed"];

/** What is chosen before training: points, and the network. */
export function Settings({ plane }: { readonly plane: Plane }) {
  const { data } = plane.settings.value;
  const isDrawn = data !== "own" && data !== "file";
  return (
    <div class="settings">
      <fieldset class="controls">
        <legend>Points</legend>
        <Choice plane={plane} name="data" words={DATA_WORDS} />
        {isDrawn && DRAWN.map((name) => <NumberField key={name} plane={plane} name={name} />)}
        {data === "file" && <Columns plane={plane} />}
        <FileButton
          label="Open data"
          accept=".csv,.tsv,.txt"
          onFiles={([file]) => file && void plane.openTable(file)}
        />
        <SaveData plane={plane} />
      </fieldset>
      <fieldset class="controls">
        <legend>Network</legend>
        <Choice plane={plane} name="regime" />
        <Choice plane={plane} name="biases" />
        {NETWORK.map((name) => (
          <NumberField key={name} plane={plane} name={name} />
        ))}
      </fieldset>
    </div>
  );
}

interface ChoiceProps {
  readonly plane: Plane;
  readonly name: ChoiceName;
  readonly words?: Readonly<Record<string, string>>;
}

function Choice({ plane, name, words = {} }: ChoiceProps) {
  // a file comes with its name alone: nothing is opened by a link
  const hasFile = plane.table.value !== undefined;
  return (
    <label>
      {CHOICES[name].title}{" "}
      <select
        value={plane.settings.value[name]}
        onChange={({ currentTarget }) => plane.choose(name, currentTarget.value)}
      >
        {CHOICES[name].words.map((word) => (
          <option key={word} value={word} disabled={word === "file" && !hasFile}>
            {words[word] ?? word}
          </option>
        ))}
      </select>
    </label>
  );
}

function NumberField({ plane, name }: { readonly plane: Plane; readonly name: NumberName }) {
  return (
    <label>
      {NUMBERS[name].title}{" "}
      <input
        type="text"
        inputMode="decimal"
        size={4}
        value={plane.settings.value[name]}
        onInput={({ currentTarget }) => plane.choose(name, currentTarget.value)}
      />
    </label>
  );
}

const COLUMN_TITLES = { x: "Across", y: "Up", label: "Class" } as const;

function Columns({ plane }: { readonly plane: Plane }) {
  const data = plane.data.value;
  if (data === undefined || data.allColumns.length <= 3) return null;
  return (
    <>
      {(["x", "y", "label"] as const).map((which) => (
        <label key={which}>
          {COLUMN_TITLES[which]}{" "}
          <select
            value={data.columns[which]}
            onChange={({ currentTarget }) => plane.chooseColumns({ ...data.columns, [which]: currentTarget.value })}
          >
            {data.allColumns.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      ))}
    </>
  );
}

function SaveData({ plane }: { readonly plane: Plane }) {
  const data = plane.data.value;
  if (data === undefined || plane.settings.value.data === "file") return null;
  return (
    <button type="button" class="plain" onClick={() => save(data.file, "text/csv", data.table)}>
      Save data
    </button>
  );
}

const PACES = [1, 2, 5, 20];

/** Play, pause, step, and all moments so far to go back to. */
export function Transport({ plane }: { readonly plane: Plane }) {
  const { isRunning, course: shown, moment, pace } = plane;
  const course = shown.value;
  const last = (course?.moments.length ?? 1) - 1;
  const now = course?.moments[moment.value];
  return (
    <div class="transport">
      <div class="controls">
        <button
          type="button"
          class="main"
          disabled={isRunning.value || plane.hasEnded}
          onClick={() => void plane.play()}
        >
          Play
        </button>
        <button type="button" disabled={!isRunning.value} onClick={() => plane.pause()}>
          Pause
        </button>
        <button type="button" disabled={isRunning.value || plane.hasEnded} onClick={() => void plane.step()}>
          Step
        </button>
        <button type="button" disabled={last === 0} onClick={() => void plane.restart()}>
          Start again
        </button>
        <label>
          Epochs a picture{" "}
          <select
            value={String(pace.value)}
            onChange={({ currentTarget }) => {
              pace.value = Number(currentTarget.value);
            }}
          >
            {PACES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      <label class="timeline">
        <span>{now === undefined ? "no network yet" : momentWords(now)}</span>
        <input
          type="range"
          aria-label="Moment of the training"
          aria-valuetext={now && momentWords(now)}
          min={0}
          max={Math.max(1, last)}
          value={moment.value}
          disabled={last === 0}
          onInput={({ currentTarget }) => plane.goTo(Math.min(last, Number(currentTarget.value)))}
        />
      </label>
      {course?.why !== undefined && <p class="note">The training has ended: {course.why}</p>}
    </div>
  );
}
