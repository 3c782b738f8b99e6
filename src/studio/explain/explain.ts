/** What Explain keeps and asks: one model, one input, and all that follows from them. */
import { batch, effect, signal } from "@preact/signals";
import { openDesk } from "../app/page.ts";
import type { Status } from "../app/status.ts";
import type { TabWorld } from "../app/tab.ts";
import type { Desk } from "../desk/desk.ts";
import { type Palette, watchPalette } from "../figure/palette.ts";
import { type ExampleList, startExamples } from "./examples.ts";
import { readingOf } from "./image-reading.ts";
import { readInputFile } from "./read-input.ts";
import { servedFiles } from "./served.ts";
import type {
  ClosedUnit,
  ComparePart,
  EdgesPart,
  ExplainTopics,
  FlowPart,
  GivenFile,
  KernelPart,
  LookPart,
  NeighborsPart,
  OpenedModel,
  PathsPart,
  UnitPart,
  UnitQuestion,
} from "./topics.ts";

/** An input, and what it is called in a command. */
export interface ChosenInput {
  readonly data: Float64Array;
  /** The example of the list that it is; undefined for one that was drawn, set by hand or read alone. */
  readonly example: number | undefined;
  readonly file: string;
}

/** Examples among which neighbors are looked for, and those of the kernel's picture. */
const SEARCHED = 200;
const IN_KERNEL = 60;
/** How long an input must rest before neighbors are looked for, in milliseconds. */
const REST = 150;

export class Explain {
  readonly model = signal<OpenedModel | undefined>(undefined);
  readonly examples = signal<ExampleList | undefined>(undefined);
  readonly input = signal<ChosenInput | undefined>(undefined);
  readonly reference = signal<ChosenInput | undefined>(undefined);
  /** Chosen output; undefined for the one with the largest logit. */
  readonly output = signal<number | undefined>(undefined);
  readonly against = signal<number | undefined>(undefined);
  readonly closed = signal<readonly ClosedUnit[]>([]);
  readonly unit = signal<UnitQuestion | undefined>(undefined);

  readonly flow = signal<FlowPart | undefined>(undefined);
  readonly edges = signal<EdgesPart | undefined>(undefined);
  readonly paths = signal<PathsPart | undefined>(undefined);
  readonly compare = signal<ComparePart | undefined>(undefined);
  readonly unitEdges = signal<UnitPart | undefined>(undefined);
  readonly neighbors = signal<NeighborsPart | undefined>(undefined);
  readonly kernel = signal<KernelPart | undefined>(undefined);
  readonly palette;

  private readonly status: Status;
  private desk: Desk<ExplainTopics>;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private looks = 0;
  /** Whether the worker is gone, and the model with it. */
  private isLost = false;
  /** Reads the model's files again. */
  private read: () => Promise<readonly GivenFile[]> = async () => [];
  /** Ends what the latest input has asked. */
  private stop = new AbortController();

  constructor(readonly world: TabWorld) {
    this.status = world.status;
    this.desk = this.openDesk();
    this.palette = signal<Palette>(watchPalette(world.document).value);
    const palette = watchPalette(world.document);
    effect(() => {
      this.palette.value = palette.value;
    });
    effect(() => {
      const files = world.handed.value;
      if (files.length > 0) void this.open(files);
    });
    effect(() => this.look());
    void this.start();
  }

  /** The files that the command was given, or the network that the page carries. */
  private async start(): Promise<void> {
    const served = servedFiles(this.world.document);
    if (served === undefined) {
      await this.openGiven(async () => []);
      return;
    }
    const opened = await this.openGiven(served);
    if (!opened) await this.openGiven(async () => [], false);
  }

  /** Opens a model from files; what is shown stays if it is none. */
  async open(files: readonly File[]): Promise<void> {
    await this.openGiven(async () =>
      Promise.all(
        files.map(async (file) => ({ name: file.webkitRelativePath || file.name, bytes: await file.arrayBuffer() })),
      ),
    );
  }

  private openDesk(): Desk<ExplainTopics> {
    return openDesk<ExplainTopics>(this.world.document, (error) => {
      this.isLost = true;
      this.status.fail(error);
    });
  }

  /** The same model in another worker, and what was asked. */
  private async restore(): Promise<void> {
    const desk = this.openDesk();
    const work = this.status.begin("starting another worker", () => desk.close());
    try {
      const files = await this.read();
      await desk.ask("explain.open", { files }, { transfer: files.map(({ bytes }) => bytes) });
      this.desk = desk;
      this.isLost = false;
      this.look();
    } catch (thrown) {
      desk.close();
      work.fail(thrown);
    }
  }

  private async openGiven(read: () => Promise<readonly GivenFile[]>, tell = true): Promise<boolean> {
    // a worker a model: the memory of the one before is given back with its worker
    const desk = this.openDesk();
    const work = tell ? this.status.begin("reading the model", () => desk.close()) : undefined;
    try {
      const files = await read();
      let model: OpenedModel | undefined;
      const onPart = (part: OpenedModel): void => {
        model = part;
      };
      await desk.ask("explain.open", { files }, { onPart, transfer: files.map(({ bytes }) => bytes) });
      if (model === undefined) throw new Error("unreachable: a model without words");
      this.read = read;
      this.isLost = false;
      await this.show(model, desk);
      return true;
    } catch (thrown) {
      desk.close();
      work?.fail(thrown);
      return false;
    }
  }

  private async show(model: OpenedModel, desk: Desk<ExplainTopics>): Promise<void> {
    const examples = await startExamples(this.world.document, model.inputShape);
    this.desk.close();
    batch(() => {
      this.desk = desk;
      this.model.value = model;
      this.examples.value = examples;
      this.output.value = undefined;
      this.against.value = undefined;
      this.closed.value = [];
      this.unit.value = undefined;
      for (const one of [
        this.flow,
        this.edges,
        this.paths,
        this.compare,
        this.unitEdges,
        this.neighbors,
        this.kernel,
      ]) {
        one.value = undefined;
      }
      const address = model.kind === "start" ? Number(this.world.address.get("example") ?? 0) : 0;
      this.input.value = examples.count === 0 ? blank(model) : (exampleOf(examples, address) ?? exampleOf(examples, 0));
      this.reference.value = examples.count < 2 ? undefined : exampleOf(examples, 1);
    });
  }

  /** Shows one of the examples. */
  choose(example: number): void {
    const chosen = this.examples.value && exampleOf(this.examples.value, example);
    if (chosen !== undefined) this.input.value = chosen;
  }

  /** Sets one of the examples against the input. */
  compareWith(example: number): void {
    const chosen = this.examples.value && exampleOf(this.examples.value, example);
    if (chosen !== undefined) this.reference.value = chosen;
  }

  /** An array or an image: the inputs that are shown, compared and searched from now on; of one, the ones before stay. */
  async openInput(file: File): Promise<void> {
    const model = this.model.peek();
    if (model === undefined) return;
    const work = this.status.begin("reading the input");
    try {
      const read = await readInputFile(file, model.inputShape, readingOf(model));
      batch(() => {
        if (read.count > 1 || (this.examples.peek()?.count ?? 0) < 2) {
          this.examples.value = read;
          this.kernel.value = undefined;
          this.neighbors.value = undefined;
          this.reference.value = exampleOf(read, 1);
        }
        const [example] = [exampleOf(read, 0)];
        this.input.value = example === undefined || read.count > 1 ? example : { ...example, example: undefined };
      });
    } catch (thrown) {
      work.fail(thrown);
    }
  }

  /** Another number at each place: drawn, or set by a slider. */
  setInput(data: Float64Array, file = "input.npy"): void {
    this.input.value = { data, example: undefined, file };
  }

  close(unit: ClosedUnit): void {
    const others = this.closed.value.filter((one) => one.layer !== unit.layer || one.unit !== unit.unit);
    this.closed.value = others.length < this.closed.value.length ? others : [...others, unit];
  }

  select(unit: UnitQuestion | undefined): void {
    this.unit.value = unit;
    this.unitEdges.value = undefined;
    this.askUnit();
  }

  private askUnit(): void {
    const unit = this.unit.peek();
    if (unit === undefined) return;
    const onPart = (part: UnitPart): void => {
      this.unitEdges.value = part;
    };
    this.desk.ask("explain.unit", unit, { onPart }).catch((thrown) => this.status.fail(thrown));
  }

  /** Asks all that follows from the input; runs again whenever one of what it reads has changed. */
  private look(): void {
    const [model, input, examples] = [this.model.value, this.input.value, this.examples.value];
    const question = {
      output: this.output.value,
      against: this.against.value,
      closed: this.closed.value,
      reference: this.reference.value?.data,
    };
    if (model === undefined || input === undefined || examples === undefined) return;
    clearTimeout(this.rest);
    if (this.isLost) {
      void this.restore();
      return;
    }
    const mine = ++this.looks;
    this.stop.abort();
    const stop = new AbortController();
    this.stop = stop;
    const work = this.status.begin("computing", () => stop.abort());
    const hearing = { onPart: (part: LookPart) => this.hear(part, mine), signal: stop.signal };
    const ended = this.desk.ask("explain.look", { input: input.data, ...question }, hearing);
    ended.then(
      (ending) => {
        if (mine !== this.looks) return;
        if (ending === "abandoned") {
          work.done();
          return;
        }
        this.askUnit();
        this.rest = setTimeout(() => void this.askExamples(input, examples, stop), REST);
      },
      (thrown) => work.fail(thrown),
    );
  }

  private hear(part: LookPart, mine: number): void {
    if (mine !== this.looks) return;
    switch (part.stage) {
      case "flow":
        this.flow.value = part;
        break;
      case "edges":
        this.edges.value = part;
        break;
      case "paths":
        this.paths.value = part;
        break;
      case "compare":
        this.compare.value = part;
        break;
    }
  }

  private async askExamples(input: ChosenInput, list: ExampleList, stop: AbortController): Promise<void> {
    const work = this.status.begin("looking for neighbors", () => stop.abort());
    try {
      const hearing = { onProgress: work.progress, signal: stop.signal };
      if (list.count > 1) {
        const count = Math.min(list.count, SEARCHED);
        const examples = list.data.subarray(0, count * list.size);
        await this.desk.ask(
          "explain.neighbors",
          { input: input.data, examples, count },
          {
            ...hearing,
            onPart: (part) => {
              this.neighbors.value = part;
            },
          },
        );
      }
      if (list.count > 1 && this.kernel.peek() === undefined && !stop.signal.aborted) {
        const count = Math.min(list.count, IN_KERNEL);
        await this.desk.ask(
          "explain.kernel",
          { examples: list.data.subarray(0, count * list.size), count },
          {
            ...hearing,
            onPart: (part) => {
              this.kernel.value = part;
            },
          },
        );
      }
      work.done();
    } catch (thrown) {
      work.fail(thrown);
    }
  }
}

const blank = ({ inputShape }: OpenedModel): ChosenInput => ({
  data: new Float64Array(inputShape.reduce((product, size) => product * size, 1)),
  example: undefined,
  file: "input.npy",
});

function exampleOf({ data, size, count, file }: ExampleList, example: number): ChosenInput | undefined {
  if (!Number.isInteger(example) || example < 0 || example >= count) return undefined;
  return { data: data.slice(example * size, (example + 1) * size), example, file };
}
