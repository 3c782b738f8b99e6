import type { Answers } from "../desk/answering.ts";
import type { PlaneTopics } from "./topics.ts";

/** What a worker knows of this tab; each worker has its own. */
export const planeAnswers = (): Answers<PlaneTopics> => ({});
