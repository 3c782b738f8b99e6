/** What Explain keeps and asks: one model, one input, and all that follows from them. */
import { batch, effect, signal } from "@preact/signals";
import type { Status } from "../app/status.ts";
import type { TabWorld } from "../app/tab.ts";
import { watchPalette } from "../figure/palette.ts";
import { blank, type ChosenInput, exampleOf } from "./chosen-input.ts";
import { NO_CHOICE } from "./chosen-part.ts";
import { type ExampleList, firstOf, SEARCHED, startExamples } from "./examples.ts";
import { readingOf } from "./image-reading.ts";
import { ModelWorker } from "./model-worker.ts";
import { readInputFile } from "./read-input.ts";
import { servedFiles } from "./served.ts";
import type {
  ClosedUnit,
  ComparePart,
  FlowPart,
  GivenFile,
  KernelPart,
  LookPart,
  ModelChoice,
  NeighborsPart,
  OpenedModel,
  OpenQuestion,
  PathsPart,
  UnitPart,
  UnitQuestion,
} from "./topics.ts";

/** Examples of the kernel's picture: a pair takes milliseconds behind maps. */
const IN_KERNEL = { vectors: 60, maps: 24 } as const;
/** How long an input must rest before neighbors are looked for, in milliseconds. */
const REST = 150;

/** A part of an answer with the input that it is of: a newer one may be on its way. */
type Of<Part> = Part & { readonly input: Float64Array };

export class Explain {
  readonly model = signal<OpenedModel | undefined>(undefined);
  readonly examples = signal<ExampleList | undefined>(undefined);
  readonly input = signal<ChosenInput | undefined>(undefined);
  readonly reference = signal<ChosenInput | undefined>(undefined);
  /** Chosen output; undefined for the one with the largest logit. */
  readonly output = signal<number | undefined>(undefined);
  readonly against = signal<number | undefined>(undefined);
  readonly closed = signal<readonly ClosedUnit[]>([]);
  /** What is taken of a model of several inputs or outputs. */
  readonly choice = signal<ModelChoice>(NO_CHOICE);
  readonly unit = signal<UnitQuestion | undefined>(undefined);

  readonly flow = signal<Of<FlowPart> | undefined>(undefined);
  readonly paths = signal<PathsPart | undefined>(undefined);
  readonly compare = signal<Of<ComparePart> | undefined>(undefined);
  readonly unitEdges = signal<UnitPart | undefined>(undefined);
  readonly neighbors = signal<NeighborsPart | undefined>(undefined);
  readonly kernel = signal<KernelPart | undefined>(undefined);
  readonly palette;

  private readonly status: Status;
  private readonly worker: ModelWorker;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private looks = 0;
  private latest: () => Promise<readonly GivenFile[]> = async () => [];
  /** Ends what the latest input has asked. */
  private stop = new AbortController();

  constructor(readonly world: TabWorld) {
    this.status = world.status;
    this.worker = new ModelWorker(world.document, (error) => this.status.fail(error));
    this.palette = watchPalette(world.document);
    effect(() => {
      const files = world.handed.value;
      if (files.length > 0) void this.open(files);
    });
    effect(() => this.look());
    effect(() => {
      if (this.model.value === undefined) return;
      const text = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value));
      const example = this.input.value?.example;
      const state = { example: text(example === 0 ? undefined : example), output: text(this.output.value) };
      world.address.set({ ...state, against: text(this.against.value) });
    });
    // a model that another tab has handed over is what is shown first
    if (world.handed.peek().length === 0) void this.start();
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
    this.choice.value = NO_CHOICE;
    await this.openGiven(async () =>
      Promise.all(
        files.map(async (file) => ({ name: file.webkitRelativePath || file.name, bytes: await file.arrayBuffer() })),
      ),
    );
  }

  /** Opens the latest files once more, with what has been chosen of them. */
  async openAgain(): Promise<void> {
    await this.openGiven(this.latest);
  }

  private async openGiven(read: () => Promise<readonly GivenFile[]>, tell = true): Promise<boolean> {
    let end = (): void => {};
    this.latest = read;
    const choice = this.choice.peek();
    const work = tell ? this.status.begin("reading the model", () => end()) : undefined;
    try {
      const question = async (): Promise<OpenQuestion> => ({ files: await read(), choice });
      const model = await this.worker.open(question, (how) => {
        end = how;
      });
      await this.show(model);
      return true;
    } catch (thrown) {
      work?.fail(thrown);
      return false;
    }
  }

  private async show(model: OpenedModel): Promise<void> {
    const examples = await startExamples(this.world.document, model.inputShape);
    batch(() => {
      const kept = this.model.peek() === undefined ? this.addressed(model) : {};
      this.model.value = model;
      this.examples.value = examples;
      this.output.value = kept.output;
      this.against.value = kept.against;
      this.closed.value = [];
      this.unit.value = undefined;
      for (const one of [this.flow, this.paths, this.compare, this.unitEdges, this.neighbors, this.kernel]) {
        one.value = undefined;
      }
      this.input.value = exampleOf(examples, kept.example ?? 0) ?? exampleOf(examples, 0) ?? blank(model);
      this.reference.value = examples.count < 2 ? undefined : exampleOf(examples, 1);
    });
  }

  /** What the page's address says of a model that is opened with it. */
  private addressed({ outputs }: OpenedModel): { readonly [Key in "example" | "output" | "against"]?: number } {
    const whole = (key: string, below: number): number | undefined => {
      const number = Number(this.world.address.get(key) ?? Number.NaN);
      return Number.isInteger(number) && number >= 0 && number < below ? number : undefined;
    };
    const [example, output, against] = [whole("example", 1e6), whole("output", outputs), whole("against", outputs)];
    return {
      ...(example === undefined ? {} : { example }),
      ...(output === undefined ? {} : { output }),
      ...(against === undefined ? {} : { against }),
    };
  }

  /** As many examples the kernel's picture has at most. */
  get inKernel(): number {
    return IN_KERNEL[this.model.peek()?.layers.some(({ shape }) => shape.length === 3) ? "maps" : "vectors"];
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
    this.worker.ask("explain.unit", unit, { onPart }).catch((thrown) => this.status.fail(thrown));
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
    const mine = ++this.looks;
    this.stop.abort();
    const stop = new AbortController();
    this.stop = stop;
    const work = this.status.begin("computing", () => stop.abort());
    const hearing = { onPart: (part: LookPart) => this.hear(part, input.data, mine), signal: stop.signal };
    const ended = this.worker.ask("explain.look", { input: input.data, ...question }, hearing);
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

  private hear(part: LookPart, input: Float64Array, mine: number): void {
    if (mine !== this.looks) return;
    switch (part.stage) {
      case "flow":
        this.flow.value = { ...part, input };
        break;
      case "paths":
        this.paths.value = part;
        break;
      case "compare":
        this.compare.value = { ...part, input };
        break;
    }
  }

  private async askExamples(input: ChosenInput, list: ExampleList, stop: AbortController): Promise<void> {
    const work = this.status.begin("looking for neighbors", () => stop.abort());
    try {
      const hearing = { onProgress: work.progress, signal: stop.signal };
      if (list.count > 1) {
        const { data: examples, count } = firstOf(list, SEARCHED);
        await this.worker.ask(
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
        const { data, count } = firstOf(list, this.inKernel);
        await this.worker.ask(
          "explain.kernel",
          { examples: data, count },
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
