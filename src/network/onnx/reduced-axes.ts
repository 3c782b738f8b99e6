import type { NodeReader } from "./node-reader.ts";

/**
 * The axes that a reduction takes together, or undefined where there is nothing to do.
 * @param inputSince the opset in which the axes became an input
 */
export function reducedAxes(reader: NodeReader, rank: number, inputSince: number): ReadonlySet<number> | undefined {
  const given = reader.opset < inputSince ? reader.ints("axes") : reader.list(1);
  if (!given?.length && reader.int("noop_with_empty_axes") === 1) return undefined;
  const all = Array.from({ length: rank }, (_, axis) => axis);
  return new Set((given?.length ? given : all).map((axis) => reader.axis(axis, rank)));
}
