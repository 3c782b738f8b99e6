import { TRAINING_DEVICES, type TrainingDevice } from "../experiments/index.ts";
import { parseChoice } from "../parse-value.ts";

/** `--device` of a command. */
export const DEVICE_OPTION = ["--device <name>", TRAINING_DEVICES.join(" or "), "cpu"] as const;

/** `--threads` of a command whose results are the same with any number of them. */
export const THREADS_OPTION = ["--threads <n>", "threads (default: all cores of the job, or of the machine)"] as const;

/** `--time-limit` of a command that can be gone on with. */
export const TIME_LIMIT_OPTION = [
  "--time-limit <duration>",
  "stop after 90m, 2h, 45s, 1h30m …; --resume goes on",
] as const;

/** Of one that begins anew each time. */
export const TIME_LIMIT_ALONE_OPTION = ["--time-limit <duration>", "stop after 90m, 2h, 45s, 1h30m …"] as const;

export const parseDevice = (text: string): TrainingDevice => parseChoice("device", text, TRAINING_DEVICES);

/** The flag of an option that code has in camel case: `--test-limit`. */
export const flagOf = (option: string): string =>
  `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
