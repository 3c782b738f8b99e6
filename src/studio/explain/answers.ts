import type { Answers } from "../desk/answering.ts";
import type { ExplainTopics } from "./topics.ts";

/** What a worker knows of this tab; each worker has its own. */
export const explainAnswers = (): Answers<ExplainTopics> => ({});
