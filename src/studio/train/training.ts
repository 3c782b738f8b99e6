/** What Train keeps and asks: settings, and the trainings that they have begun. */
import { batch, signal } from "@preact/signals";
import { openDesk } from "../app/page.ts";
import type { TabWorld } from "../app/tab.ts";
import type { Desk } from "../desk/desk.ts";
import { SETTING_NAMES, SETTINGS, type SettingName, type WrittenSettings } from "./settings.ts";
import type { AdvanceQuestion, CoursePart, TrainTopics } from "./topics.ts";

export class Training {
  readonly settings;
  readonly course = signal<CoursePart | undefined>(undefined);
  /** Those that the course was begun with. */
  readonly begun = signal<WrittenSettings | undefined>(undefined);
  readonly isRunning = signal(false);
  private readonly desk: Desk<TrainTopics>;

  constructor(private readonly world: TabWorld) {
    const { address, document, status } = world;
    const written = (name: SettingName): string => address.get(name) ?? SETTINGS[name].usual;
    this.settings = signal<WrittenSettings>({
      width: written("width"),
      depth: written("depth"),
      lr: written("lr"),
      epochs: written("epochs"),
      seed: written("seed"),
    });
    this.desk = openDesk<TrainTopics>(document, (error) => {
      this.forget();
      status.fail(error);
    });
    status.begin("starting").done();
  }

  choose(name: SettingName, value: string): void {
    this.settings.value = { ...this.settings.value, [name]: value.trim() };
    this.world.address.set({ [name]: value.trim() === SETTINGS[name].usual ? undefined : value.trim() });
  }

  /** Whether what is shown was trained with what is chosen now. */
  get isCurrent(): boolean {
    const [begun, chosen] = [this.begun.value, this.settings.value];
    return begun !== undefined && SETTING_NAMES.every((name) => begun[name] === chosen[name]);
  }

  get hasEnded(): boolean {
    const { isCurrent } = this;
    return isCurrent && (this.course.value?.lanes.every(({ state }) => isOver(state)) ?? false);
  }

  /** Goes on, from the start where the settings are others than before. */
  async advance(until: AdvanceQuestion["until"]): Promise<void> {
    if (this.isRunning.value) return;
    this.isRunning.value = true;
    const work = this.world.status.begin(until === "end" ? "training" : "training one epoch");
    const onPart = (part: CoursePart): void => {
      this.course.value = part;
    };
    try {
      if (!this.isCurrent) {
        const settings = this.settings.value;
        this.forget();
        await this.desk.ask("train.start", settings, { onPart });
        this.begun.value = settings;
      }
      await this.desk.ask("train.advance", { until }, { onPart, onProgress: (progress) => work.progress(progress) });
      work.done();
    } catch (thrown) {
      work.fail(thrown);
    } finally {
      this.isRunning.value = false;
    }
  }

  async pause(): Promise<void> {
    await this.attempt(() => this.desk.ask("train.pause", undefined));
  }

  /** Shows the trained ReLU network in Explain. */
  async explain(): Promise<void> {
    await this.attempt(() =>
      this.desk.ask("train.network", undefined, {
        onPart: ({ bytes }) => this.world.explain([new File([bytes], "trained-relu.onnx")]),
      }),
    );
  }

  private forget(): void {
    batch(() => {
      this.course.value = undefined;
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

const isOver = (state: CoursePart["lanes"][number]["state"]): boolean => state === "ended" || state === "failed";
