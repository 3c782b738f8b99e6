/** What a kernel in a file is computed from, as a digest: a file of another kernel is not gone on with. */
import { createHash, type Hash } from "node:crypto";
import type { Inputs } from "../../gates/index.ts";
import { bytesOf } from "../../graph/index.ts";
import type { PackedKernel, PairWork } from "../../kernels/index.ts";
import type { GatedNetwork } from "../../network/index.ts";

/** @param told options and sizes that the file's numbers and their order depend on */
export function kernelDigest(
  told: object,
  inputs: readonly Inputs[],
  ...more: readonly ((hash: Hash) => void)[]
): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ ...told, shapes: inputs.map(({ shape }) => shape) }));
  for (const one of inputs) hash.update(bytesOf(one));
  for (const add of more) add(hash);
  return hash.digest("hex");
}

export const packedGates =
  ({ rows, columns }: PackedKernel) =>
  (hash: Hash): void => {
    for (const { gates } of [rows, ...(columns === undefined ? [] : [columns])]) {
      for (const { words } of gates.layers) hash.update(words);
    }
  };

/** The gates and selections of examples, and what the network makes of them. */
export const pairGates =
  (network: GatedNetwork, work: PairWork) =>
  (hash: Hash): void => {
    hash.update(structureOf(network));
    const sides = work.rows === work.columns ? [work.rows] : [work.rows, work.columns];
    for (const side of sides) {
      if ("count" in side) {
        hash.update(side.gates);
        continue;
      }
      for (const { gates, selections } of "readings" in side ? side.readings : side) {
        for (const own of gates.values()) {
          hash.update(own.kind === "bits" ? own.on.words : own.values);
          for (const { at } of own.starts ?? []) hash.update(at.words);
        }
        for (const chosen of selections.values()) hash.update(chosen);
      }
    }
  };

/** The network with its weights. */
export const wholeNetwork =
  ({ nodes, output }: GatedNetwork) =>
  (hash: Hash): void => {
    hash.update(
      JSON.stringify({ nodes, output }, (_, value: unknown) => (ArrayBuffer.isView(value) ? digestOf(value) : value)),
    );
  };

/** The network but for its weights, of which the kernel knows only that they are there. */
const structureOf = ({ nodes, output }: GatedNetwork): string =>
  JSON.stringify({ nodes, output }, (key: string, value: unknown) => {
    if (key === "weight" || key === "bias" || key === "name") return value === undefined ? undefined : 1;
    return ArrayBuffer.isView(value) ? digestOf(value) : value;
  });

const digestOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
