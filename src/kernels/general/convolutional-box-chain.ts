/**
 * The fast way of the path kernel through gated 3×3 convolutions before a global average pool (theory 3): every
 * displacement between positions by itself, in WebAssembly. Which networks have such a chain is decided here.
 */
import type { GatedNetwork, GatedNode } from "../../network/index.ts";
import { BOX_CHAIN_MODULE } from "../wasm/box-chain-module.ts";
import type { Shortcuts } from "./pair.ts";
import { mapsOf, nodeAt, type PathKernelPlan } from "./plan.ts";
import type { ExampleSide } from "./side.ts";
import type { Mask, Term } from "./terms.ts";

/** Convolutions, each with its gate, from the one that reads values of the input to the one before the pool. */
interface BoxChain {
  /** The node that the first convolution reads: paths have met no weight there. */
  readonly front: number;
  readonly layers: readonly { readonly gate: number; readonly planes: number; readonly bias: number }[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

interface BoxChainExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  boxChainSum(
    leftValues: number,
    rightValues: number,
    channels: number,
    leftGates: number,
    rightGates: number,
    height: number,
    width: number,
    layers: number,
    count: number,
    scratch: number,
    symmetric: number,
  ): number;
}

const PAGE = 65_536;
/** {planes i32, padding i32, bias f64} */
const LAYER_BYTES = 16;
/** A vector load at the last position reads eight bytes behind it. */
const SLACK = 16;

/** What the pair kernel may take instead of the nodes before a global average pool; empty where no chain fits. */
export async function openBoxChains(network: GatedNetwork, plan: PathKernelPlan): Promise<Shortcuts> {
  const chains = [...plan.summed].flatMap((pool) => {
    const chain = boxChain(network, pool);
    return chain === undefined ? [] : [[pool, chain] as const];
  });
  if (chains.length === 0) return new Map();
  const bytes = Uint8Array.from(atob(BOX_CHAIN_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = boxChainExports(instance.exports);
  return new Map(chains.map(([pool, chain]) => [pool, shortcut(wasm, chain)]));
}

/** The border to the module, whose exports are known from its source. */
const boxChainExports = (exports: unknown): BoxChainExports => exports as BoxChainExports;

/** The chain that ends in the pool: hard gates, 3×3, stride 1, all channels mixed, maps of one size, all of it pooled. */
export function boxChain(network: GatedNetwork, pool: number): BoxChain | undefined {
  const node = nodeAt(network, pool);
  if (node.kind !== "average-pool" || mapsOf(node).positions !== 1) return undefined;
  const [, height = 0, width = 0] = nodeAt(network, node.input).shape;
  const { kernel, pads } = node.window;
  if (kernel[0] !== height || kernel[1] !== width || pads.some((pad) => pad !== 0)) return undefined;
  const layers: { readonly gate: number; readonly planes: number; readonly bias: number }[] = [];
  let position = node.input;
  while (!isValue(network, position)) {
    const gate = nodeAt(network, position);
    if (gate.kind !== "gate" || gate.rule.kind !== "hard") return undefined;
    const convolution = nodeAt(network, gate.input);
    if (!isBox(convolution, height, width)) return undefined;
    const planes = Math.ceil(mapsOf(gate).channels / 64);
    layers.unshift({ gate: position, planes, bias: convolution.bias === undefined ? 0 : 1 });
    position = convolution.input;
  }
  const front = nodeAt(network, position);
  const sameSize = front.shape[1] === height && front.shape[2] === width;
  if (layers.length === 0 || !sameSize) return undefined;
  return { front: position, layers, channels: mapsOf(front).channels, height, width };
}

/** Whether paths reach a node before any weight, so that its kernel is a product of values. */
function isValue(network: GatedNetwork, position: number): boolean {
  const node = nodeAt(network, position);
  if (node.kind === "input") return true;
  return (node.kind === "normalize" || node.kind === "rearrange") && isValue(network, node.input);
}

function isBox(
  node: GatedNode,
  height: number,
  width: number,
): node is Extract<GatedNode, { readonly kind: "convolution" }> {
  if (node.kind !== "convolution" || node.groups !== 1) return false;
  const { kernel, strides, pads, dilations } = node.window;
  const plain = [...strides, ...pads, ...dilations].every((value) => value === 1) && kernel.every((size) => size === 3);
  return plain && node.shape[1] === height && node.shape[2] === width;
}

const shortcut = (wasm: BoxChainExports, chain: BoxChain) => {
  const packed = new WeakMap<ExampleSide, Uint8Array>();
  const sideBytes = (side: ExampleSide, values: Mask): Uint8Array => {
    const bytes = packed.get(side) ?? packSide(side, chain, values);
    packed.set(side, bytes);
    return bytes;
  };
  return (a: ExampleSide, b: ExampleSide, of: (position: number) => readonly Term[]): readonly Term[] => {
    const [front] = of(chain.front);
    if (front?.kind !== "uniform") throw new Error("unreachable: a chain that does not start at values");
    const sum = chainSum(wasm, chain, sideBytes(a, front.left), sideBytes(b, front.right), a === b);
    return [{ kind: "summed", kernel: Float64Array.of(sum / (chain.height * chain.width) ** 2) }];
  };
};

/** Values as float64, then gates by layer, plane and position, as the module reads them. */
function packSide(side: ExampleSide, { layers, channels, height, width }: BoxChain, values: Mask): Uint8Array {
  const positions = height * width;
  const planes = layers.reduce((sum, layer) => sum + layer.planes, 0);
  const bytes = new Uint8Array((channels + planes) * positions * 8 + SLACK);
  new Float64Array(bytes.buffer, 0, channels * positions).set(values ?? []);
  const words = new Uint32Array(bytes.buffer, channels * positions * 8);
  let at = 0;
  for (const layer of layers) {
    const gates = side.nodeGates(layer.gate);
    if (gates.kind !== "bits") throw new Error("unreachable: a chain of gates that are no bits");
    const { words: own, wordsPerPosition } = gates.on;
    for (let word = 0; word < wordsPerPosition; word++) {
      const plane = at + (word >>> 1) * positions * 2 + (word & 1);
      for (let u = 0; u < positions; u++) words[plane + 2 * u] = own[u * wordsPerPosition + word]!;
    }
    at += layer.planes * positions * 2;
  }
  return bytes;
}

function chainSum(wasm: BoxChainExports, chain: BoxChain, left: Uint8Array, right: Uint8Array, same: boolean): number {
  const { layers, channels, height, width } = chain;
  const layersAt = aligned(wasm.dataStart());
  const leftAt = aligned(layersAt + layers.length * LAYER_BYTES);
  const rightAt = aligned(leftAt + left.length);
  const scratch = aligned(rightAt + right.length);
  const end = scratch + (2 * (height + 2) + 2) * (width + 5) * 8;
  const missing = end - wasm.memory.buffer.byteLength;
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / PAGE));
  const { buffer } = wasm.memory;
  const view = new DataView(buffer);
  for (const [i, { planes, bias }] of layers.entries()) {
    view.setInt32(layersAt + i * LAYER_BYTES, planes, true);
    view.setFloat64(layersAt + i * LAYER_BYTES + 8, bias, true);
  }
  const memory = new Uint8Array(buffer);
  memory.set(left, leftAt);
  memory.set(right, rightAt);
  memory.fill(0, scratch, end);
  const gates = channels * height * width * 8;
  return wasm.boxChainSum(
    leftAt,
    rightAt,
    channels,
    leftAt + gates,
    rightAt + gates,
    height,
    width,
    layersAt,
    layers.length,
    scratch,
    same ? 1 : 0,
  );
}

const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;
