import { parseChoice } from "./options.ts";

/** Devices that a command runs on. */
const DEVICES = ["cpu", "webgpu"] as const;

export type CommandDevice = (typeof DEVICES)[number];

/** `--device` of a command. */
export const DEVICE_OPTION = ["--device <name>", DEVICES.join(" or "), "cpu"] as const;

export const parseDevice = (text: string): CommandDevice => parseChoice("device", text, DEVICES);
