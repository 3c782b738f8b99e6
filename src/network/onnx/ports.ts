/** Inputs and outputs of a model in messages. */
import { type OnnxPort, quoted } from "../../graph/index.ts";

/** `[N, 3, 32, 32]`; "?" for a size without a name, and `unknown` where the file says nothing. */
export const portShape = ({ shape }: OnnxPort): string =>
  shape === undefined ? "unknown" : `[${shape.map((size) => (size === "" ? "?" : size)).join(", ")}]`;

/** `input "x" [N, 4]` */
export const portText = (port: OnnxPort): string =>
  port.shape === undefined ? quoted(port.name) : `${quoted(port.name)} ${portShape(port)}`;

/** More names than anybody reads. */
const MOST = 16;

/** `2 outputs ("boxes" [N, 4], "classes" [N, 2])` */
export function portList(ports: readonly OnnxPort[], what: "input" | "output"): string {
  const shown = ports.slice(0, MOST).map(portText).join(", ");
  const more = ports.length > MOST ? ", …" : "";
  return `${ports.length} ${what}${ports.length === 1 ? "" : "s"}${ports.length > 0 ? ` (${shown}${more})` : ""}`;
}
