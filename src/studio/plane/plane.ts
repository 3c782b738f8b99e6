/** What Plane keeps and asks: settings, points, one training with all its moments, and what is drawn of one of them. */
import { batch, computed, effect, signal } from "@preact/signals";
import { PLANAR_KINDS, type PlanarKind } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import { parseChoice } from "../../parse-value.ts";
import { openDesk } from "../app/page.ts";
import type { TabWorld } from "../app/tab.ts";
import type { Desk } from "../desk/desk.ts";
import { watchColors } from "../figure/palette.ts";
import { numbersText, pointsIn, pointsText, wordsIn } from "./address-words.ts";
import { PLANE_COLORS } from "./colors.ts";
import { PLANE_SETTINGS, type PlaneSetting, usualOf, type WrittenPlane } from "./settings.ts";
import type {
  ChosenColumns,
  CoursePart,
  DataPart,
  LookQuestion,
  OutputsPart,
  OwnPoint,
  PlaneSource,
  PlaneTopics,
  PlaneWindow,
  PointPart,
  RegionsPart,
  SegmentPart,
} from "./topics.ts";

export type Place = readonly [x: number, y: number];
/** What a click does: chooses the point or the other end of the segment, adds a point of a class, takes one away. */
export type Tool = "point" | "end" | "take" | number;
export type Coloring = "output" | "regions";

/** Own points at most: more make an address that no one can send. */
const MOST_OWN = 400;
/** Of a table: some thousands of points with many columns beside them. */
const MOST_BYTES = 2 ** 24;
/** The plane before there is data. */
const EMPTY: PlaneWindow = { left: -1.6, bottom: -1.6, width: 3.2, height: 3.2 };
/** Where the point and the other end are unless they are chosen, as shares of the window. */
const [USUAL_AT, USUAL_END]: readonly [Place, Place] = [
  [0.4, 0.62],
  [0.72, 0.3],
];

/** A table that was opened. */
interface OpenedTable {
  readonly name: string;
  readonly text: string;
  readonly columns: ChosenColumns | undefined;
}

export class Plane {
  readonly settings;
  readonly own;
  readonly table = signal<OpenedTable | undefined>(undefined);
  readonly tool = signal<Tool>("point");
  readonly coloring;
  readonly hidden;
  /** Epochs between two pictures while it plays. */
  readonly pace;
  readonly isRunning = signal(false);

  readonly data = signal<DataPart | undefined>(undefined);
  readonly course = signal<CoursePart | undefined>(undefined);
  readonly moment = signal(0);
  readonly regions = signal<RegionsPart | undefined>(undefined);
  readonly outputs = signal<OutputsPart | undefined>(undefined);
  readonly gates = signal<PointPart | undefined>(undefined);
  readonly segment = signal<SegmentPart | undefined>(undefined);
  readonly colors;

  readonly window = computed((): PlaneWindow => this.data.value?.window ?? EMPTY);
  private readonly chosenAt;
  private readonly chosenEnd;
  readonly at = computed((): Place => this.chosenAt.value ?? this.placeIn(USUAL_AT));
  readonly end = computed((): Place => this.chosenEnd.value ?? this.placeIn(USUAL_END));

  private readonly desk: Desk<PlaneTopics>;
  /** Trainings that are being begun: there is none to look at meanwhile. */
  private starting = 0;
  /** Whether the newest moment is shown, or one that was chosen. */
  private isFollowing = true;
  /** Ends what is asked about the training that is left. */
  private stop = new AbortController();

  constructor(private readonly world: TabWorld) {
    const { address, document, status } = world;
    const written = (name: PlaneSetting): string => {
      const word = address.get(name) ?? usualOf(name);
      // a file is not in an address
      return word === "file" ? usualOf(name) : word;
    };
    const entries = PLANE_SETTINGS.map((name) => [name, written(name)] as const);
    // every setting is among the entries
    this.settings = signal(Object.fromEntries(entries) as WrittenPlane);
    this.own = signal<readonly OwnPoint[]>(pointsIn(address.get("own")));
    this.coloring = signal<Coloring>(address.get("color") === "regions" ? "regions" : "output");
    this.hidden = signal<ReadonlySet<number>>(new Set(wordsIn(address.get("hide"))));
    const place = (key: string): Place | undefined => {
      const [x, y] = wordsIn(address.get(key));
      return x === undefined || y === undefined ? undefined : [x, y];
    };
    this.chosenAt = signal(place("at"));
    this.chosenEnd = signal(place("to"));
    // who wants less motion gets fewer pictures
    this.pace = signal(matchMedia("(prefers-reduced-motion: reduce)").matches ? 20 : 1);
    this.colors = watchColors(document, PLANE_COLORS);
    this.desk = openDesk<PlaneTopics>(document, (error) => {
      this.stop.abort();
      this.course.value = undefined;
      status.fail(error);
    });
    effect(() => this.write());
    effect(() => {
      void [this.settings.value, this.own.value, this.table.value];
      void this.restart();
    });
    effect(() => {
      const [moment, point, end] = [this.moment.value, this.at.value, this.end.value];
      const isThere = this.course.peek() !== undefined && this.starting === 0 && !this.isRunning.peek();
      if (isThere) void this.tell(() => this.look({ moment, point, end }));
    });
  }

  choose(name: PlaneSetting, value: string): void {
    this.settings.value = { ...this.settings.value, [name]: value.trim() };
  }

  /** What a click at a place does. */
  act([x, y]: Place): void {
    const tool = this.tool.value;
    const place: Place = [rounded(x, this.window.value.width), rounded(y, this.window.value.height)];
    if (tool === "point") this.chosenAt.value = place;
    else if (tool === "end") this.chosenEnd.value = place;
    else if (tool === "take") this.take(place);
    else this.changePoints((points) => [...points, { x: place[0], y: place[1], label: tool }]);
  }

  setPlace(which: "point" | "end", place: Place): void {
    if (!place.every(Number.isFinite)) return;
    (which === "point" ? this.chosenAt : this.chosenEnd).value = place;
  }

  clearPoints(): void {
    batch(() => {
      this.own.value = [];
      this.choose("data", "own");
    });
  }

  async openTable(file: File): Promise<void> {
    if (file.size > MOST_BYTES) {
      this.world.status.fail(tooLarge(file));
      return;
    }
    const text = await file.text();
    batch(() => {
      this.table.value = { name: file.name, text, columns: undefined };
      this.choose("data", "file");
      this.chosenAt.value = undefined;
      this.chosenEnd.value = undefined;
    });
  }

  chooseColumns(columns: ChosenColumns): void {
    const table = this.table.value;
    if (table !== undefined) this.table.value = { ...table, columns };
  }

  get hasEnded(): boolean {
    return this.course.value !== undefined && this.course.value.state !== "trains";
  }

  /** Trains and draws in turn, to the end or until it is paused. */
  async play(): Promise<void> {
    await this.advance(Number.POSITIVE_INFINITY);
  }

  /** One epoch. */
  async step(): Promise<void> {
    await this.advance(1);
  }

  pause(): void {
    this.isRunning.value = false;
  }

  /** Shows an earlier moment. */
  goTo(moment: number): void {
    this.pause();
    this.isFollowing = false;
    this.moment.value = moment;
  }

  async restart(): Promise<void> {
    this.stop.abort();
    const stop = new AbortController();
    this.stop = stop;
    this.isRunning.value = false;
    const source = this.source();
    if (source === undefined) {
      this.forget();
      this.world.status.begin("").done();
      return;
    }
    await this.tell(async () => {
      const question = { source, settings: this.settings.peek() };
      this.starting++;
      const begun = this.desk.ask("plane.start", question, {
        signal: stop.signal,
        onPart: (part) =>
          batch(() => {
            if (part.stage === "data") this.data.value = part;
            else {
              this.course.value = part;
              this.moment.value = 0;
            }
          }),
      });
      await begun.finally(() => {
        this.starting--;
      });
      if (!stop.signal.aborted) await this.look(this.question());
    });
  }

  /** Shows the network of the moment in Explain. */
  async explain(): Promise<void> {
    await this.tell(() => this.withNetwork((file) => this.world.explain([file])));
  }

  /** Gives the network of the moment as ONNX. */
  async withNetwork(use: (file: File) => void): Promise<void> {
    await this.desk.ask(
      "plane.network",
      { moment: this.moment.peek() },
      {
        onPart: ({ bytes }) => use(new File([bytes], "plane.onnx")),
      },
    );
  }

  private async advance(epochs: number): Promise<void> {
    if (this.isRunning.value) return;
    if (this.course.value === undefined) await this.restart();
    if (this.course.value === undefined || this.hasEnded) return;
    this.isRunning.value = true;
    this.isFollowing = true;
    const { stop } = this;
    const work = this.world.status.begin("training", () => this.pause());
    try {
      for (let done = 0; done < epochs && this.isRunning.value && !stop.signal.aborted && !this.hasEnded; ) {
        const next = Math.min(this.pace.value, epochs - done);
        await this.desk.ask(
          "plane.advance",
          { epochs: next },
          { signal: stop.signal, onPart: (part) => this.follow(part) },
        );
        if (stop.signal.aborted) break;
        done += next;
        const { moments, total } = this.course.value;
        work.progress({ done: moments.length - 1, total: total - 1 });
        await this.look(this.question());
        if (epochs > 1) await painted(this.world.document);
      }
      work.done();
    } catch (thrown) {
      work.fail(thrown);
    } finally {
      if (this.stop === stop) this.isRunning.value = false;
    }
  }

  private follow(part: CoursePart): void {
    batch(() => {
      this.course.value = part;
      if (this.isFollowing) this.moment.value = part.moments.length - 1;
    });
  }

  private question(): LookQuestion {
    return { moment: this.moment.peek(), point: this.at.peek(), end: this.end.peek() };
  }

  private async look(question: LookQuestion): Promise<void> {
    await this.desk.ask("plane.look", question, {
      signal: this.stop.signal,
      onPart: (part) => {
        switch (part.stage) {
          case "regions":
            this.regions.value = part;
            break;
          case "outputs":
            this.outputs.value = part;
            break;
          case "point":
            this.gates.value = part;
            break;
          case "segment":
            this.segment.value = part;
            break;
        }
      },
    });
  }

  /** What there is to train on; undefined as long as own points do not make two classes of two. */
  private source(): PlaneSource | undefined {
    const { data } = this.settings.value;
    if (data === "file") {
      const table = this.table.value;
      return table && { kind: "file", ...table };
    }
    if (data !== "own") return { kind: kindOf(data) };
    const points = this.own.value;
    const counts = new Map<number, number>();
    for (const { label } of points) counts.set(label, (counts.get(label) ?? 0) + 1);
    const isEnough = [...counts.values()].filter((count) => count >= 2).length >= 2;
    return isEnough ? { kind: "own", points } : undefined;
  }

  /** Points of one's own from now on, beginning with those that are there. */
  private changePoints(change: (points: readonly OwnPoint[]) => readonly OwnPoint[]): void {
    const before = this.settings.value.data === "own" ? this.own.value : this.shownPoints();
    const after = change(before);
    if (after.length > MOST_OWN) {
      this.world.status.fail(tooMany());
      return;
    }
    batch(() => {
      this.own.value = after;
      this.choose("data", "own");
    });
  }

  private shownPoints(): readonly OwnPoint[] {
    const data = this.data.value;
    if (data === undefined) return [];
    return Array.from(data.classes, (label, i) => ({
      ...{ x: data.points[2 * i] ?? 0, y: data.points[2 * i + 1] ?? 0 },
      label,
    })).slice(0, MOST_OWN);
  }

  /** Takes away the point that is nearest. */
  private take([x, y]: Place): void {
    const { width, height } = this.window.value;
    this.changePoints((points) => {
      const distance = (one: OwnPoint): number => Math.hypot((one.x - x) / width, (one.y - y) / height);
      const nearest = points.reduce<OwnPoint | undefined>(
        (best, one) => (best === undefined || distance(one) < distance(best) ? one : best),
        undefined,
      );
      return points.filter((one) => one !== nearest);
    });
  }

  private placeIn([right, up]: Place): Place {
    const { left, bottom, width, height } = this.window.value;
    return [rounded(left + right * width, width), rounded(bottom + up * height, height)];
  }

  private forget(): void {
    batch(() => {
      this.course.value = undefined;
      this.regions.value = undefined;
      this.outputs.value = undefined;
      this.gates.value = undefined;
      this.segment.value = undefined;
      this.data.value = undefined;
    });
  }

  /** The address says what is not as usual. */
  private write(): void {
    const settings = this.settings.value;
    const own = settings.data === "own" && this.own.value.length > 0 ? pointsText(this.own.value) : undefined;
    this.world.address.set({
      ...Object.fromEntries(
        PLANE_SETTINGS.map((name) => [name, settings[name] === usualOf(name) ? undefined : settings[name]]),
      ),
      own,
      color: this.coloring.value === "output" ? undefined : this.coloring.value,
      hide: this.hidden.value.size === 0 ? undefined : numbersText([...this.hidden.value]),
      at: this.chosenAt.value && numbersText(this.chosenAt.value),
      to: this.chosenEnd.value && numbersText(this.chosenEnd.value),
    });
  }

  private async tell(asking: () => Promise<void>): Promise<void> {
    const work = this.world.status.begin("computing");
    try {
      await asking();
      work.done();
    } catch (thrown) {
      work.fail(thrown);
    }
  }
}

const kindOf = (data: string): PlanarKind => parseChoice("data", data, PLANAR_KINDS);

/** To some thousandths of the window: an address and a table that can be read. */
function rounded(value: number, width: number): number {
  const digits = Math.max(0, 3 - Math.round(Math.log10(width)));
  return Number(value.toFixed(Math.min(12, digits)));
}

/** The next frame; a page that is not seen has none, and goes on all the same. */
const painted = (document: Document): Promise<void> =>
  document.hidden ? Promise.resolve() : new Promise((resolve) => requestAnimationFrame(() => resolve()));

const tooLarge = ({ name, size }: File): GatewiseError =>
  new GatewiseError({
    code: "too-large",
    received: `${name} of ${Math.round(size / 2 ** 20)} MB`,
    expected: `a table of ${MOST_BYTES / 2 ** 20} MB at most`,
    next: "the command takes larger ones: gatewise train --data",
  });

const tooMany = (): GatewiseError =>
  new GatewiseError({
    received: `more than ${MOST_OWN} points`,
    expected: `${MOST_OWN} at most, so that the address holds them`,
    next: "open a CSV file for more",
  });
