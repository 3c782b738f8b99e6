import type { Tab } from "../app/tab.ts";
import { CARRIED_DIGITS } from "../data/carried-digits.ts";
import { Region } from "../figure/region.tsx";
import type { Table } from "../figure/table.tsx";
import { Curves } from "./curves.tsx";
import { ResultsTable } from "./results-table.tsx";
import { commandOf, SETTING_NAMES, SETTINGS } from "./settings.ts";
import type { CoursePart } from "./topics.ts";
import { Training } from "./training.ts";
import { answerOf, titleOf } from "./words.ts";

export const trainTab: Tab = {
  id: "train",
  title: "Train",
  make: (world) => {
    const training = new Training(world);
    return () => <TrainView training={training} />;
  },
};

function TrainView({ training }: { readonly training: Training }) {
  const { course: shown, begun: settings } = training;
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
          <Region
            name="Accuracy"
            lead={`Test accuracy on ${CARRIED_DIGITS.test.toLocaleString("en")} digits after each epoch. FLNPF begins once the ReLU network, whose gates it takes, has ended.`}
            command={commandOf(begun)}
            table={() => curveTable(course)}
          >
            <Curves lanes={course.lanes} epochs={Number(begun.epochs)} />
          </Region>
          <Answer course={course} />
        </>
      )}
    </article>
  );
}

function Controls({ training }: { readonly training: Training }) {
  const { isRunning, hasEnded, settings, course } = training;
  const relu = course.value?.lanes.find(({ regime }) => regime === "relu");
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
      <button type="button" disabled={isRunning.value || hasEnded} onClick={() => void training.advance("end")}>
        Train
      </button>
      <button type="button" disabled={!isRunning.value} onClick={() => void training.pause()}>
        Pause
      </button>
      <button type="button" disabled={isRunning.value || hasEnded} onClick={() => void training.advance("epoch")}>
        Step
      </button>
      <button
        type="button"
        disabled={relu === undefined || relu.epochs.length === 0}
        onClick={() => void training.explain()}
      >
        Explain the ReLU network
      </button>
    </div>
  );
}

/** The question's answer, in words, once it is there. */
function Answer({ course }: { readonly course: CoursePart }) {
  const answer = answerOf(course);
  return (
    <Region name="Answer">
      <p class="lead">{answer ?? "It comes when all five have been trained to the end."}</p>
      {answer !== undefined && (
        <p class="note">
          After the last epoch of each, one seed, with intervals of 95 % from the test digits alone; other seeds give
          other numbers. The share is (FLNPF − FRNPF(II)) / (ReLU − FRNPF(II)).
        </p>
      )}
    </Region>
  );
}

const curveTable = ({ lanes }: CoursePart): Table => ({
  columns: ["regime", "epoch", "train loss", "test accuracy"],
  rows: lanes.flatMap(({ regime, epochs }) =>
    epochs.map(({ trainLoss, testAccuracy }, i) => [titleOf(regime), i + 1, trainLoss, testAccuracy]),
  ),
});
