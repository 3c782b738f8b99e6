import type { Engine } from "../../engine/index.ts";
import { trainedModel } from "../../train/index.ts";
import { readCarriedDigits } from "../data/carried-digits.ts";
import type { Answers } from "../desk/answering.ts";
import { openCarriedEngine } from "../worker/engine.ts";
import { Course } from "./course.ts";
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
    "train.start": async (settings, turn) => {
      engine ??= await openCarriedEngine(turn);
      const digits = readCarriedDigits(await turn.asset("digits"));
      const next = new Course(settings, { engine, digits, clock: () => performance.now() });
      await course?.close();
      course = next;
      turn.tell(course.part);
    },
    "train.advance": (question, turn) => started().advance(question, turn),
    "train.pause": async () => started().pause(),
    "train.network": async (_, turn) => {
      const { plan, best } = started().lane("relu");
      if (best === undefined) throw new Error("unreachable: a network before its first epoch");
      turn.tell({ bytes: new Uint8Array(trainedModel(plan, best.parameters).bytes) });
    },
  };
}
