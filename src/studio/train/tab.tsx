import type { Tab } from "../app/tab.ts";
import { CARRIED_DIGITS } from "../data/carried-digits.ts";
import { watchPalette } from "../figure/palette.ts";
import { Region } from "../figure/region.tsx";
import { AccuracyRegion, FlipsRegion } from "./accuracy-region.tsx";
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
  const { course: shown, begun: settings, chosen } = training;
  const [course, begun] = [shown.value, settings.value];
  return (
    <article class="train">
      <header>
        <h2 class="question">Is what a network learns in its gates?</h2>
        <p class="lead">
          Five networks of one size learn {CARRIED_DIGITS.train.toLocaleString("en")} digits. They differ in where their
          gates come from: learned together with the values, fixed at random, or fixed after learning. What the gates
          hold shows in what fresh values make of them.
        </p>
      </header>
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
function NetworkControls({
  training,
  course: { lanes },
}: {
  readonly training: Training;
  readonly course: CoursePart;
}) {
  const { chosen } = training;
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
      <button type="button" disabled={isNone} onClick={() => void training.saveRun()}>
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
          After the last epoch of each, one seed, with intervals of 95 % from the test digits alone; other seeds give
          other numbers. The share is (FLNPF − FRNPF(II)) / (ReLU − FRNPF(II)).
        </p>
      )}
    </Region>
  );
}
