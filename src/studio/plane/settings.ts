/** What is chosen in Plane, as it is written there and in the address, and as a training has it. */
import { PLANAR_KINDS } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import {
  type DataDescription,
  type NameOption,
  readTrainingOptions,
  type Training,
  trainingOf,
} from "../../experiments/index.ts";
import { REGIME_NAMES } from "../../network/index.ts";
import { parseChoice } from "../../parse-value.ts";
import { shellWord } from "../figure/shell-word.ts";

/** What is written or chosen, each by its name in the address. */
export type WrittenPlane = Readonly<Record<PlaneSetting, string>>;
export type PlaneSetting = NumberName | ChoiceName;

/** What each is called, what it is unless told otherwise, and what a page draws in its time. */
export const NUMBERS = {
  count: { title: "Points", usual: "200", least: 10, most: 2000 },
  noise: { title: "Noise", usual: "0.1", least: 0, most: 2 },
  draw: { title: "Drawing", usual: "0", least: 0, most: 2 ** 31 - 1 },
  width: { title: "Width", usual: "8", least: 1, most: 32 },
  depth: { title: "Depth", usual: "4", least: 2, most: 7 },
  lr: { title: "Rate", usual: "0.01", least: 0, most: 10 },
  epochs: { title: "Epochs", usual: "150", least: 1, most: 1000 },
  seed: { title: "Seed", usual: "0", least: 0, most: 2 ** 31 - 1 },
} as const satisfies Record<string, { title: string; usual: string; least: number; most: number }>;
export type NumberName = keyof typeof NUMBERS;

export const CHOICES = {
  data: { title: "Data", words: [...PLANAR_KINDS, "own", "file"] },
  regime: { title: "Regime", words: REGIME_NAMES },
  biases: { title: "Biases", words: ["random", "zero"] },
} as const satisfies Record<string, { title: string; words: readonly string[] }>;
export type ChoiceName = keyof typeof CHOICES;

export const usualOf = (name: PlaneSetting): string =>
  isNumber(name) ? NUMBERS[name].usual : { data: "moons", regime: "relu", biases: "random" }[name];

export const PLANE_SETTINGS: readonly PlaneSetting[] = [
  "data",
  "count",
  "noise",
  "draw",
  "regime",
  "biases",
  "width",
  "depth",
  "lr",
  "epochs",
  "seed",
];

const isNumber = (name: string): name is NumberName => name in NUMBERS;

/** By what they are called in the page. */
const nameOf: NameOption = (option) => (isNumber(option) ? NUMBERS[option].title : option);

/**
 * A number, within what a page draws.
 * @throws GatewiseError for another one
 */
export function numberOf(written: WrittenPlane, name: NumberName): number {
  const { title, least, most } = NUMBERS[name];
  const text = written[name].trim();
  const value = text === "" ? Number.NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new GatewiseError({
    received: `${title} ${text === "" ? "left empty" : text}`,
    expected: `a number from ${least} to ${most}`,
    next: "a page draws small networks; the command trains larger ones",
  });
}

/**
 * The training that is chosen.
 * @throws GatewiseError for what cannot be trained, by the names of the page
 */
export function trainingBy(written: WrittenPlane, described: DataDescription): Training {
  for (const name of ["width", "depth", "lr", "epochs", "seed"] as const) numberOf(written, name);
  const { regime, biases, width, depth, lr, epochs, seed } = written;
  const chosen = {
    regime: parseChoice("regime", regime, REGIME_NAMES),
    biases: parseChoice("biases", biases, CHOICES.biases.words),
    ...{ width, depth, lr, epochs, seed },
  };
  const options = readTrainingOptions({ ...chosen, data: { path: described.name } }, nameOf);
  return trainingOf(options, nameOf, described);
}

/**
 * The command that trains the same.
 * @param file the table, as it is saved
 * @param options that say how it is read
 */
export function commandOf(written: WrittenPlane, file: string, options: readonly string[]): string {
  const { regime, biases, width, depth, lr, epochs, seed } = written;
  const settings = ["--regime", regime, "--biases", biases, "--width", width, "--depth", depth, "--lr", lr];
  const words = [file, ...options, ...settings, "--epochs", epochs, "--seed", seed, "--out", "plane"];
  return `npx gatewise train --data ${words.map(shellWord).join(" ")}`;
}
