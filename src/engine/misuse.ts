/** What every engine answers to the same mistakes, in the same words. */
import { GatewiseError } from "../errors.ts";
import { formatShape, type Port } from "../graph/index.ts";
import type { Capabilities, Device, Feed, Feeds } from "./engine.ts";

export const foreignArray = (): GatewiseError =>
  new GatewiseError({
    received: "an array that lives in another engine",
    expected: "an array of this engine, or values",
    next: "read() it there and feed the values here",
  });

export const released = (owner: "engine" | "program" | "array"): GatewiseError =>
  new GatewiseError({
    code: "released",
    received: `${owner === "program" ? "a" : "an"} ${owner} that has been released`,
    expected: `${owner === "program" ? "a" : "an"} ${owner} in use`,
    next: "release it after its last use: `await using` does so at the end of its block",
  });

/** @throws GatewiseError for a feed that the graph has no input for */
export function checkFeeds(feeds: Feeds, inputs: readonly Port[]): void {
  const unknown = Object.keys(feeds).find((name) => !inputs.some((port) => port.name === name));
  if (unknown === undefined) return;
  throw new GatewiseError({
    received: `a feed "${unknown}"`,
    expected: inputs.length === 0 ? "no feeds" : `feeds for ${inputs.map((port) => port.name).join(", ")}`,
    next: "leave it out, or name it as the graph does",
  });
}

/** @throws GatewiseError for a name that is none of the graph's outputs */
export function checkOutputs(keep: readonly string[], outputs: readonly Port[]): void {
  const unknown = keep.find((name) => !outputs.some((port) => port.name === name));
  if (unknown === undefined) return;
  throw new GatewiseError({
    received: `"${unknown}" among the outputs to keep`,
    expected: `outputs of the graph: ${outputs.map((port) => port.name).join(", ")}`,
    next: "leave it out, or name it as the graph does",
  });
}

/** @param sizes what the feeds before it have told about symbolic dimensions */
export function unfitFeed(feed: Feed | undefined, port: Port, sizes: ReadonlyMap<string, number>): GatewiseError {
  const known = port.shape.flatMap((size) => {
    const value = typeof size === "string" ? sizes.get(size) : undefined;
    return value === undefined ? [] : [`${size} = ${value}`];
  });
  const received = feed === undefined ? "no feed" : `${feed.dtype} ${formatShape(feed.shape)}`;
  return new GatewiseError({
    received: `${received} for "${port.name}"`,
    expected: `${port.dtype} ${formatShape(port.shape)}${known.length === 0 ? "" : ` with ${known.join(", ")}`}`,
    next: "feed an array of that dtype and shape",
  });
}

const LACKING = {
  scan: { expected: "a model without loops (Scan, Loop)", next: "unroll the loop" },
  float64: { expected: "a model without float64", next: "build it in float32" },
} as const satisfies Record<ModelFeature, unknown>;

/** What a model may need and a device may lack as a whole. */
export type ModelFeature = Exclude<keyof Capabilities, "kernels" | "largestArray">;

/** @param node as `nodeThatNeeds` calls it */
export const beyondDevice = (node: string, feature: ModelFeature, device: Device): GatewiseError =>
  new GatewiseError({
    code: "unsupported-model",
    received: `${node} of the model`,
    expected: `${LACKING[feature].expected} on ${device}`,
    next: `${LACKING[feature].next}, or run it with \`device\` cpu`,
  });

/** @param node as `nodeWithoutKernel` calls it */
export const withoutKernel = (node: string, device: Device): GatewiseError =>
  new GatewiseError({
    code: "unsupported-model",
    received: `${node} of the model`,
    expected: `a node that ${device} has a kernel for`,
    next: "build it of other ops, or run it with `device` cpu",
  });
