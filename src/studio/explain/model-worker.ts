import { openDesk } from "../app/page.ts";
import type { Desk, Ending, Hearing } from "../desk/desk.ts";
import { NO_CHOICE } from "./chosen-part.ts";
import type { ExplainTopics, OpenedModel, OpenQuestion } from "./topics.ts";

type ReadFiles = () => Promise<OpenQuestion>;

/**
 * The worker of the model that is open. A worker a model: the memory of the one before is given back with its worker. One that
 * is lost is replaced at the next question, by one that has read the model again.
 */
export class ModelWorker {
  private desk: Desk<ExplainTopics> | undefined;
  private read: ReadFiles = async () => ({ files: [], choice: NO_CHOICE });

  /** @param onLost told when the worker is gone */
  constructor(
    private readonly document: Document,
    private readonly onLost: (error: Error) => void,
  ) {}

  /**
   * Opens a model in a worker of its own, which takes the place of the one before if that goes well.
   * @param onDesk told of a way to end it
   */
  async open(read: ReadFiles, onEnd: (end: () => void) => void = () => {}): Promise<OpenedModel> {
    const desk = this.newDesk();
    onEnd(() => desk.close());
    try {
      const model = await openIn(desk, await read());
      this.desk?.close();
      this.desk = desk;
      this.read = read;
      return model;
    } catch (thrown) {
      desk.close();
      throw thrown;
    }
  }

  async ask<Name extends keyof ExplainTopics & string>(
    topic: Name,
    question: ExplainTopics[Name]["question"],
    hearing: Hearing<ExplainTopics[Name]["part"]>,
  ): Promise<Ending> {
    if (this.desk === undefined) await this.open(this.read);
    return (await this.desk?.ask(topic, question, hearing)) ?? "abandoned";
  }

  private newDesk(): Desk<ExplainTopics> {
    const desk: Desk<ExplainTopics> = openDesk<ExplainTopics>(this.document, (error) => {
      if (this.desk !== desk) return;
      this.desk = undefined;
      this.onLost(error);
    });
    return desk;
  }
}

async function openIn(desk: Desk<ExplainTopics>, question: OpenQuestion): Promise<OpenedModel> {
  const told: OpenedModel[] = [];
  const transfer = question.files.map(({ bytes }) => bytes);
  await desk.ask("explain.open", question, { onPart: (part) => told.push(part), transfer });
  const [model] = told;
  if (model === undefined) throw new Error("unreachable: a model without words");
  return model;
}
