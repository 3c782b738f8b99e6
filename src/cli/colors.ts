import pc from "picocolors";

/** Colors for standard output and standard error: only where the stream is a terminal (CI services are not). */
const colorsFor = (stream: NodeJS.WriteStream) => pc.createColors(pc.isColorSupported && stream.isTTY === true);
export const outputColors = colorsFor(process.stdout);
export const errorColors = colorsFor(process.stderr);
