import { existsSync } from "node:fs";

/** `runs/demo`, or the first of `runs/demo-2`, `runs/demo-3`, … that is free. */
export function freeFolder(wanted: string): string {
  for (let number = 1; ; number++) {
    const folder = number === 1 ? wanted : `${wanted}-${number}`;
    if (!existsSync(folder)) return folder;
  }
}
