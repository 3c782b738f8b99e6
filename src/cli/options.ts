import { TRAINING_DEVICES, type TrainingDevice } from "../experiments/index.ts";
import { parseChoice } from "../parse-value.ts";

/** `--device` of a command. */
export const DEVICE_OPTION = ["--device <name>", TRAINING_DEVICES.join(" or "), "cpu"] as const;

/** `--threads` of a command whose results are the same with any number of them. */
export const THREADS_OPTION = ["--threads <n>", "threads (default: all cores of the job, or of the machine)"] as const;

export const parseDevice = (text: string): TrainingDevice => parseChoice("device", text, TRAINING_DEVICES);

/** The flag of an option that code has in camel case: `--test-limit`. */
export const flagOf = (option: string): string =>
  `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
