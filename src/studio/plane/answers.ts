import type { Engine } from "../../engine/index.ts";
import type { Answers } from "../desk/answering.ts";
import { openCarriedEngine } from "../worker/engine.ts";
import { look } from "./look.ts";
import { PlaneCourse } from "./plane-course.ts";
import { readPlaneData } from "./plane-data.ts";
import { trainingBy } from "./settings.ts";
import type { PlaneTopics } from "./topics.ts";

/** What a worker knows of this tab: one training. */
export function planeAnswers(): Answers<PlaneTopics> {
  let course: PlaneCourse | undefined;
  let engine: Promise<Engine> | undefined;
  const started = (): PlaneCourse => {
    if (course !== undefined) return course;
    throw new Error("unreachable: a question before a training has started");
  };
  return {
    "plane.start": async ({ source, settings }, turn) => {
      const data = await readPlaneData(source, settings);
      turn.tell(data.part);
      const { plan } = trainingBy(settings, data.described);
      const openEngine = (): Promise<Engine> => {
        engine ??= openCarriedEngine(turn);
        return engine;
      };
      const next = new PlaneCourse(plan, data, { openEngine, clock: () => performance.now() });
      await course?.close();
      course = next;
      turn.tell(next.part);
    },
    "plane.advance": ({ epochs }, turn) => started().advance(epochs, turn),
    "plane.look": (question, turn) => look(started(), question, turn),
    "plane.network": async ({ moment }, turn) => turn.tell({ bytes: started().model(moment) }),
  };
}
