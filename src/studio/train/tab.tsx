import type { Tab } from "../app/tab.ts";
import { CARRIED_DIGITS } from "../data/carried-digits.ts";
import { FileButton } from "../figure/file-button.tsx";
import { watchPalette } from "../figure/palette.ts";
import { Region } from "../figure/region.tsx";
import { AccuracyRegion, FlipsRegion } from "./accuracy-region.tsx";
import type { DataWords } from "./data-words.ts";
import { ClassKernelRegion } from "./kernel-region.tsx";
import { ResultsTable } from "./results-table.tsx";
import { SETTING_NAMES, SETTINGS, titleOf } from "./settings.ts";
import type { CoursePart } from "./topics.ts";
import { Training } from "./training.ts";
import { answerOf } from "./words.ts";

export const trainTab: Tab = {
  id: "train",
  title: "Train",
  make: (world) => {
    const training = new Training(world);
    const palette = watchPalette(world.document);
    return () => <TrainView training={training} palette={palette} />;
  },
};

interface TrainProps {
  readonly training: Training;
  readonly palette: ReturnType<typeof watchPalette>;
}

function TrainView({ training, palette }: TrainProps) {
  const { course: shown, begun: settings, chosen, opened } = training;
  const [course, begun] = [shown.value, settings.value];
  return (
    <article
      class="train"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const files = [...(event.dataTransfer?.files ?? [])];
        if (files.length > 0) void training.open(files);
      }}
    >
      <header>
        <h2 class="question">Is what a network learns in its gates?</h2>
        <p class="lead">
          Five networks of one size learn {learntWords(opened.value)}. They differ in where their gates come from:
          learned together with the values, fixed at random, or fixed after learning. What the gates hold shows in what
          fresh values make of them.
        </p>
      </header>
      <DataControls training={training} />
      <Controls training={training} />
      {course !== undefined && begun !== undefined && (
        <>
          <ResultsTable lanes={course.lanes} />
          <NetworkControls training={training} course={course} />
          <AccuracyRegion course={course} begun={begun} />
          <Answer course={course} />
          <FlipsRegion course={course} begun={begun} />
          <ClassKernelRegion course={course} regime={chosen.value} palette={palette.value} />
        </>
      )}
    </article>
  );
}

const learntWords = (data: DataWords | undefined): string =>
  data === undefined
    ? `${CARRIED_DIGITS.train.toLocaleString("en")} digits`
    : `${data.train.toLocaleString("en")} examples of ${data.name} in ${data.classes.length} classes`;

/** What is trained on: the digits of the page, or files. */
function DataControls({ training }: { readonly training: Training }) {
  const { opened } = training;
  const data = opened.value;
  return (
    <>
      <div class="controls">
        <FileButton
          label="Open training data"
          accept=".csv,.tsv,.txt,.bin,.gz,.idx,.idx1-ubyte,.idx3-ubyte,application/octet-stream"
          multiple
          onFiles={(files) => void training.open(files)}
        />
        {data !== undefined && (
          <button type="button" onClick={() => void training.open([])}>
            Digits again
          </button>
        )}
        <span class="note">A table (.csv), IDX files or CIFAR batches (.bin), chosen or dropped here.</span>
      </div>
      {data !== undefined && (
        <p class="note">
          {data.name}: {data.train} examples to learn, {data.test} to test. {data.told.join(". ")}
        </p>
      )}
    </>
  );
}

function Controls({ training }: { readonly training: Training }) {
  const { isRunning, hasEnded, settings } = training;
  return (
    <div class="controls">
      {SETTING_NAMES.map((name) => (
        <label key={name}>
          {SETTINGS[name].title}{" "}
          <input
            type="text"
            inputMode="decimal"
            size={6}
            value={settings.value[name]}
            disabled={isRunning.value}
            onInput={({ currentTarget }) => training.choose(name, currentTarget.value)}
          />
        </label>
      ))}
      <label title="A deep linearly gated network: soft gates of a second network that is linear">
        <input
          type="checkbox"
          checked={settings.value.regimes.includes("dlgn")}
          disabled={isRunning.value}
          onChange={({ currentTarget }) => training.addDlgn(currentTarget.checked)}
        />{" "}
        DLGN too
      </label>
      <button type="button" disabled={isRunning.value || hasEnded} onClick={() => void training.advance("end")}>
        Train
      </button>
      <button type="button" disabled={!isRunning.value} onClick={() => void training.pause()}>
        Pause
      </button>
      <button type="button" disabled={isRunning.value || hasEnded} onClick={() => void training.advance("epoch")}>
        Step
      </button>
    </div>
  );
}

/** What may be done with one of the networks. */
function NetworkControls({ training, course }: { readonly training: Training; readonly course: CoursePart }) {
  const { chosen } = training;
  const { lanes } = course;
  const lane = lanes.find(({ regime }) => regime === chosen.value);
  const isNone = lane === undefined || lane.epochs.length === 0;
  return (
    <div class="controls of-network">
      <label>
        Network{" "}
        <select
          value={chosen.value}
          onChange={({ currentTarget }) => {
            chosen.value = lanes.find(({ regime }) => regime === currentTarget.value)?.regime ?? "relu";
          }}
        >
          {lanes.map(({ regime }) => (
            <option key={regime} value={regime}>
              {titleOf(regime)}
            </option>
          ))}
        </select>
      </label>
      <button type="button" disabled={isNone} onClick={() => void training.explain()}>
        Explain the {titleOf(chosen.value)} network
      </button>
      <button type="button" disabled={isNone} onClick={() => void training.saveNetwork()}>
        Save ONNX
      </button>
      <button
        type="button"
        disabled={isNone || course.data !== undefined}
        title={course.data === undefined ? undefined : "A run says where its data are, which a page does not know"}
        onClick={() => void training.saveRun()}
      >
        Save run
      </button>
    </div>
  );
}

/** The question's answer, in words, once it is there. */
function Answer({ course }: { readonly course: CoursePart }) {
  const answer = answerOf(course);
  return (
    <Region name="Answer">
      <p class="lead">{answer ?? "It comes when ReLU, FLNPF and FRNPF(II) have been trained to the end."}</p>
      {answer !== undefined && (
        <p class="note">
          After the last epoch of each, one seed, with intervals of 95 % from the test examples alone; other seeds give
          other numbers. The share is (FLNPF − FRNPF(II)) / (ReLU − FRNPF(II)).
        </p>
      )}
    </Region>
  );
}
