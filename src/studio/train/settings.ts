/** What is chosen in Train, as it is written there, as a training has it, and as a command says it. */
import { GatewiseError } from "../../errors.ts";
import {
  type DataDescription,
  type NameOption,
  readTrainingOptions,
  type Training,
  trainingOf,
} from "../../experiments/index.ts";
import { REGIMES } from "../../network/index.ts";
import { CARRIED_DIGITS } from "../data/carried-digits.ts";
import type { DataWords } from "./data-words.ts";

/** The paper's five, and one that is added when asked for. */
export const TRAINED_REGIMES = ["relu", "frnpf-ii", "frnpf-di", "flnpf", "dlnpf", "dlgn"] as const;
export type TrainedRegime = (typeof TRAINED_REGIMES)[number];

/** Those that train in one worker, one after the other: who takes gates from another is with it, and the paper's question too. */
export const WORKERS: readonly (readonly TrainedRegime[])[] = [
  ["relu", "frnpf-ii", "flnpf"],
  ["frnpf-di", "dlnpf", "dlgn"],
];

export const titleOf = (regime: TrainedRegime): string => REGIMES[regime].title;

/** Each as its user has written it, and the regimes that are trained. */
export type WrittenSettings = Readonly<Record<SettingName, string>> & { readonly regimes: readonly TrainedRegime[] };
export type SettingName = "width" | "depth" | "lr" | "epochs" | "seed";

/** What each is called, what it is unless told otherwise, and what a page trains in its time. */
export const SETTINGS = {
  width: { title: "Width", usual: "64", least: 1, most: 512 },
  depth: { title: "Depth", usual: "4", least: 2, most: 8 },
  lr: { title: "Rate", usual: "0.001", least: 0, most: 10 },
  epochs: { title: "Epochs", usual: "15", least: 1, most: 200 },
  seed: { title: "Seed", usual: "0", least: 0, most: 2 ** 31 - 1 },
} as const satisfies Record<SettingName, object>;

export const SETTING_NAMES: readonly SettingName[] = ["width", "depth", "lr", "epochs", "seed"];

const isSetting = (option: string): option is SettingName => option in SETTINGS;
const nameOf: NameOption = (option) => (isSetting(option) ? SETTINGS[option].title : option);

/**
 * The training of a regime on the digits that the page carries, or on what was opened.
 * @throws GatewiseError for what cannot be trained, by the names of the page
 */
export function trainingBy(
  { regimes: _, ...written }: WrittenSettings,
  regime: TrainedRegime,
  opened?: DataDescription,
): Training {
  const { train: limit, test: testLimit } = CARRIED_DIGITS;
  const data = opened === undefined ? { data: "digits", limit, testLimit } : { data: { path: opened.name } };
  const options = readTrainingOptions({ ...written, regime, ...data }, nameOf);
  for (const name of SETTING_NAMES) {
    const { title, least, most } = SETTINGS[name];
    const value = Number(options[name]);
    if (value >= least && value <= most) continue;
    throw new GatewiseError({
      received: `${title} ${written[name]}`,
      expected: `${least} to ${most}`,
      next: "a page trains small networks; the command trains larger ones",
    });
  }
  return trainingOf(options, nameOf, opened);
}

/** The command that trains the same networks, one after the other. */
export function commandOf({ regimes, ...written }: WrittenSettings, data?: DataWords): string {
  const note = data?.note === undefined ? "" : ` # ${data.note}`;
  return `for regime in ${regimes.join(" ")}; do ${commandFor(written, "$regime", data)}; done${note}`;
}

/** The command that trains one of them. */
export function commandFor(
  { width, depth, lr, epochs, seed }: Omit<WrittenSettings, "regimes">,
  regime: string,
  opened?: DataWords,
): string {
  const { train, test } = CARRIED_DIGITS;
  const settings = `--width ${width} --depth ${depth} --lr ${lr} --epochs ${epochs} --seed ${seed}`;
  const data = opened?.option ?? `--data digits --limit ${train} --test-limit ${test}`;
  return `gatewise train --regime ${regime} ${data} ${settings}`;
}
