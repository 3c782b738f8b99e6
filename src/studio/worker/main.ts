/** Entry of every worker of the page: one program, whatever it is asked. */
import "../../release-symbols.ts";
import { answerAll, type WorkerPort } from "../desk/answering.ts";
import { explainAnswers } from "../explain/answers.ts";
import { planeAnswers } from "../plane/answers.ts";
import { trainAnswers } from "../train/answers.ts";

// the types of a page and of a worker do not go together in one program: this is the part of a worker's that is used
answerAll(globalThis as unknown as WorkerPort, { ...explainAnswers(), ...trainAnswers(), ...planeAnswers() });
