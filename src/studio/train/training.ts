/** What Train keeps and asks: settings, and the trainings that they have begun. */
import { batch, computed, signal } from "@preact/signals";
import { openDesk } from "../app/page.ts";
import type { TabWorld } from "../app/tab.ts";
import type { Desk } from "../desk/desk.ts";
import type { Progress } from "../desk/protocol.ts";
import { save } from "../figure/save.ts";
import { checkSize } from "./data-size.ts";
import type { DataWords } from "./data-words.ts";
import {
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  TRAINED_REGIMES,
  type TrainedRegime,
  WORKERS,
  type WrittenSettings,
} from "./settings.ts";
import type { AdvanceQuestion, CoursePart, FilePart, OpenedFile, TrainTopics } from "./topics.ts";

/** One worker, and how far its trainings have come. */
interface Side {
  readonly regimes: readonly TrainedRegime[];
  readonly desk: Desk<TrainTopics>;
  readonly course: ReturnType<typeof signal<CoursePart | undefined>>;
}

export class Training {
  readonly settings;
  /** Those that the trainings were begun with. */
  readonly begun = signal<WrittenSettings | undefined>(undefined);
  /** What was opened to train on; undefined for the digits that the page carries. */
  readonly opened = signal<DataWords | undefined>(undefined);
  private files: readonly File[] = [];
  readonly isRunning = signal(false);
  /** The one that is opened, saved and looked into. */
  readonly chosen = signal<TrainedRegime>("relu");
  private readonly sides: readonly Side[];
  private startedAt = new Date();
  /** Asked for before there was anything to pause. */
  private isPausing = false;
  /** Of all workers, in one order. */
  readonly course = computed((): CoursePart | undefined => {
    const parts = this.sides.flatMap(({ course }) => course.value ?? []);
    const lanes = parts.flatMap((part) => part.lanes);
    return lanes.length === 0
      ? undefined
      : {
          lanes: TRAINED_REGIMES.flatMap((regime) => lanes.filter((lane) => lane.regime === regime)),
          share: parts.find(({ share }) => share !== undefined)?.share,
          data: parts[0]?.data,
        };
  });

  constructor(private readonly world: TabWorld) {
    const { address, document, status } = world;
    const written = (name: SettingName): string => address.get(name) ?? SETTINGS[name].usual;
    this.settings = signal<WrittenSettings>({
      width: written("width"),
      depth: written("depth"),
      lr: written("lr"),
      epochs: written("epochs"),
      seed: written("seed"),
      regimes: regimesWith(address.get("dlgn") === "1"),
    });
    this.sides = WORKERS.map((regimes) => ({
      regimes,
      desk: openDesk<TrainTopics>(document, (error) => {
        this.forget();
        status.fail(error);
      }),
      course: signal<CoursePart | undefined>(undefined),
    }));
    status.begin("starting").done();
  }

  choose(name: SettingName, value: string): void {
    this.settings.value = { ...this.settings.value, [name]: value.trim() };
    this.world.address.set({ [name]: value.trim() === SETTINGS[name].usual ? undefined : value.trim() });
  }

  addDlgn(isAdded: boolean): void {
    this.settings.value = { ...this.settings.value, regimes: regimesWith(isAdded) };
    this.world.address.set({ dlgn: isAdded ? "1" : undefined });
  }

  /** Whether what is shown was trained with what is chosen now. */
  get isCurrent(): boolean {
    const [begun, chosen] = [this.begun.value, this.settings.value];
    if (begun === undefined || begun.regimes.length !== chosen.regimes.length) return false;
    return SETTING_NAMES.every((name) => begun[name] === chosen[name]);
  }

  get hasEnded(): boolean {
    const { isCurrent } = this;
    return isCurrent && (this.course.value?.lanes.every(({ state }) => isOver(state)) ?? false);
  }

  /** Goes on, from the start where the settings are others than before. */
  async advance(until: AdvanceQuestion["until"]): Promise<void> {
    if (this.isRunning.value) return;
    this.isRunning.value = true;
    this.isPausing = false;
    const work = this.world.status.begin(until === "end" ? "training" : "training one epoch");
    const progress = this.sides.map((): Progress => ({ done: 0, total: 0 }));
    try {
      if (!this.isCurrent) {
        const settings = this.settings.value;
        this.forget();
        this.startedAt = new Date();
        await this.both(async ({ regimes, desk, course }) =>
          desk.ask(
            "train.start",
            { settings: withRegimes(settings, regimes), files: await filesOf(this.files) },
            { onPart: hearing(course) },
          ),
        );
        this.begun.value = settings;
      }
      await this.both(async ({ desk, course }, i) => {
        if (this.isPausing) return;
        await desk.ask(
          "train.advance",
          { until },
          {
            onPart: hearing(course),
            onProgress: (own) => {
              progress[i] = own;
              work.progress({
                done: progress.reduce((sum, { done }) => sum + done, 0),
                total: progress.reduce((sum, { total }) => sum + total, 0),
              });
            },
          },
        );
      });
      work.done();
    } catch (thrown) {
      work.fail(thrown);
    } finally {
      this.isRunning.value = false;
    }
  }

  /** Trains on files from now on; on the digits of the page where there are none. What is shown stays if they are no data. */
  async open(files: readonly File[]): Promise<void> {
    if (this.isRunning.value) return;
    const work = this.world.status.begin(files.length === 0 ? "starting" : "reading the data");
    try {
      const [side] = this.sides;
      const told: DataWords[] = [];
      if (files.length > 0) {
        checkSize(files);
        await side?.desk.ask("train.data", await filesOf(files), { onPart: (words) => told.push(words) });
      }
      this.files = files;
      this.opened.value = told[0];
      this.forget();
      work.done();
    } catch (thrown) {
      work.fail(thrown);
    }
  }

  async pause(): Promise<void> {
    this.isPausing = true;
    if (this.begun.peek() === undefined) return;
    await this.attempt(() => this.both(({ desk }) => desk.ask("train.pause", undefined)));
  }

  /** Shows the chosen network in Explain. */
  async explain(): Promise<void> {
    await this.file("train.network", ({ name, bytes }) => this.world.explain([new File([bytes], name)]));
  }

  async saveNetwork(): Promise<void> {
    await this.file("train.network", ({ name, bytes }) => save(name, "application/octet-stream", bytes));
  }

  async saveRun(): Promise<void> {
    await this.file("train.run", ({ name, bytes }) => save(name, "application/zip", bytes));
  }

  private async file(topic: "train.network" | "train.run", onPart: (part: FilePart) => void): Promise<void> {
    const regime = this.chosen.peek();
    const machine = {
      processor: navigator.userAgent,
      cores: navigator.hardwareConcurrency,
      startedAt: this.startedAt.toISOString(),
      now: new Date().toISOString(),
    };
    const side = this.sides.find(({ regimes }) => regimes.includes(regime));
    await this.attempt(async () => await side?.desk.ask(topic, { regime, machine }, { onPart }));
  }

  /** Asks both workers, and waits for both also where one fails: no question is left behind. */
  private async both(ask: (side: Side, index: number) => Promise<unknown>): Promise<void> {
    const endings = await Promise.allSettled(this.sides.map(ask));
    for (const ending of endings) if (ending.status === "rejected") throw ending.reason;
  }

  private forget(): void {
    batch(() => {
      for (const { course } of this.sides) course.value = undefined;
      this.begun.value = undefined;
    });
  }

  private async attempt(asking: () => Promise<unknown>): Promise<void> {
    try {
      await asking();
    } catch (thrown) {
      this.world.status.fail(thrown);
    }
  }
}

const filesOf = async (files: readonly File[]): Promise<readonly OpenedFile[]> =>
  await Promise.all(files.map(async (file) => ({ name: file.name, bytes: await file.arrayBuffer() })));

const isOver = (state: CoursePart["lanes"][number]["state"]): boolean => state === "ended" || state === "failed";

const regimesWith = (isDlgn: boolean): readonly TrainedRegime[] =>
  TRAINED_REGIMES.filter((regime) => regime !== "dlgn" || isDlgn);

const withRegimes = (settings: WrittenSettings, own: readonly TrainedRegime[]): WrittenSettings => ({
  ...settings,
  regimes: settings.regimes.filter((regime) => own.includes(regime)),
});

const hearing =
  (course: Side["course"]) =>
  (part: CoursePart): void => {
    course.value = part;
  };
