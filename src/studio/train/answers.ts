import type { Engine } from "../../engine/index.ts";
import { trainedModel } from "../../train/index.ts";
import { readCarriedDigits } from "../data/carried-digits.ts";
import type { Answers } from "../desk/answering.ts";
import { openCarriedEngine } from "../worker/engine.ts";
import { Course } from "./course.ts";
import { carriedData, openData } from "./opened-data.ts";
import { runFile } from "./run-file.ts";
import { trainingBy } from "./settings.ts";
import type { TrainTopics } from "./topics.ts";

/** What a worker knows of this tab; each worker has its own trainings. */
export function trainAnswers(): Answers<TrainTopics> {
  let course: Course | undefined;
  let engine: Engine | undefined;
  const started = (): Course => {
    if (course !== undefined) return course;
    throw new Error("unreachable: a question before a training has started");
  };
  return {
    "train.data": async (files, turn) => turn.tell((await openData(files)).words),
    "train.start": async ({ settings, files }, turn) => {
      const data =
        files.length === 0 ? carriedData(readCarriedDigits(await turn.asset("digits"))) : await openData(files);
      // before an engine starts for what cannot be trained
      for (const regime of settings.regimes) trainingBy(settings, regime, data.described);
      engine ??= await openCarriedEngine(turn);
      const next = new Course(settings, { engine, data, clock: () => performance.now() });
      await course?.close();
      course = next;
      turn.tell(course.part);
    },
    "train.advance": (question, turn) => started().advance(question, turn),
    "train.pause": async () => started().pause(),
    "train.network": async ({ regime }, turn) => {
      const { plan, best } = started().lane(regime);
      if (best === undefined) throw new Error("unreachable: a network before its first epoch");
      const { bytes } = trainedModel(plan, best.parameters);
      turn.tell({ name: `trained-${regime}.onnx`, bytes: new Uint8Array(bytes) });
    },
    "train.run": async ({ regime, machine }, turn) => {
      const own = started();
      turn.tell(
        await runFile(own.settings, own.lane(regime), regime === "flnpf" ? own.lane("relu") : undefined, machine),
      );
    },
  };
}
