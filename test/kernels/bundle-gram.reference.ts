/**
 * The neural path kernel read aloud (theory 3.5): every path of a small network with the list of its weights, paths of
 * equal weights summed, features multiplied. Exponential; knows nothing of positions, terms or masks.
 */

import { type DenseArray, input } from "../../src/graph/index.ts";
import { forwardNodes, type GatedNetwork, type GatedNode, type GateRule } from "../../src/network/index.ts";
import { runGraph } from "../support/run-graph.ts";

/** Contribution to a unit by the weights that a path went through, in their order along it. */
type Bundles = ReadonlyMap<string, number>;

/** `[n, n]`, at element `output` of the network's output. */
export async function bundleGram(
  network: GatedNetwork,
  inputs: DenseArray<"float64">,
  output = 0,
): Promise<readonly (readonly number[])[]> {
  const [examples = 0, ...shape] = inputs.shape;
  const x = Float32Array.from(inputs.data);
  const values = forwardNodes(network, input("x", "float32", ["batch", ...shape]));
  const named = Object.fromEntries([...values].map(([position, tensor]) => [`n${position}`, tensor]));
  const computed = await runGraph(named, { x: { dtype: "float32", shape: inputs.shape, data: x } });
  const size = inputs.data.length / examples;
  const features = Array.from({ length: examples }, (_, example) => {
    const decided = (position: number): readonly number[] => {
      const data = [...(computed[`n${position}`]?.data ?? [])].map(Number);
      const each = data.length / examples;
      return data.slice(example * each, (example + 1) * each);
    };
    const bundles: Bundles[][] = [];
    network.nodes.forEach((node, position) => {
      const own = [...inputs.data.subarray(example * size, (example + 1) * size)];
      bundles.push(pathsTo(node, position, own, (at) => bundles[at] ?? [], decided, network));
    });
    return bundles[network.output]?.[output] ?? new Map<string, number>();
  });
  return features.map((left) => features.map((right) => dot(left, right)));
}

const dot = (left: Bundles, right: Bundles): number =>
  [...left].reduce((sum, [weights, value]) => sum + value * (right.get(weights) ?? 0), 0);

function pathsTo(
  node: GatedNode,
  position: number,
  x: readonly number[],
  at: (position: number) => readonly Bundles[],
  decided: (position: number) => readonly number[],
  network: GatedNetwork,
): Bundles[] {
  const size = node.shape.reduce((product, length) => product * length, 1);
  const inner = node.shape.slice(1).reduce((product, length) => product * length, 1);
  const each = (make: (i: number, c: number) => Bundles): Bundles[] =>
    Array.from({ length: size }, (_, i) => make(i, Math.floor(i / inner)));
  switch (node.kind) {
    case "input":
      return each((i) => new Map([["", x[i] ?? 0]]));
    case "normalize":
      return each((i) =>
        add([times(at(node.input)[i], node.factor.data[i] ?? 0), new Map([["", node.shift.data[i] ?? 0]])]),
      );
    case "dense":
      return each((j) =>
        add([
          ...at(node.input).map((unit, i) => through(unit, `${position}:${i}:${j}`)),
          ...(node.bias === undefined ? [] : [new Map([[`bias ${position}:${j}`, 1]])]),
        ]),
      );
    case "convolution": {
      const [channels = 0, height = 0, width = 0] = network.nodes[node.input]?.shape ?? [];
      const [outputs = 0, rows = 0, columns = 0] = node.shape;
      const { kernel, strides, pads, dilations } = node.window;
      const perGroup = channels / node.groups;
      return each((i, c) => {
        const [row, column] = [Math.floor(i / columns) % rows, i % columns];
        const terms: Bundles[] = node.bias === undefined ? [] : [new Map([[`bias ${position}:${c}`, 1]])];
        const group = Math.floor((c * node.groups) / outputs);
        for (let k = 0; k < perGroup; k++) {
          for (let a = 0; a < kernel[0]; a++) {
            for (let b = 0; b < kernel[1]; b++) {
              const y = row * strides[0] - pads[0] + a * dilations[0];
              const z = column * strides[1] - pads[1] + b * dilations[1];
              if (y < 0 || z < 0 || y >= height || z >= width) continue;
              const from = ((group * perGroup + k) * height + y) * width + z;
              terms.push(through(at(node.input)[from], `${position}:${c}:${k}:${a}:${b}`));
            }
          }
        }
        return add(terms);
      });
    }
    case "scale":
      return each((i, c) =>
        add([
          node.weight === undefined ? (at(node.input)[i] ?? new Map()) : through(at(node.input)[i], `${position}:${c}`),
          ...(node.bias === undefined ? [] : [new Map([[`bias ${position}:${c}`, 1]])]),
        ]),
      );
    case "gate": {
      const q = decided(node.gatedBy);
      return each((i, c) => gated(at(node.input)[i], q[i] ?? 0, node.rule, c));
    }
    case "max-pool": {
      const q = decided(node.selectedBy);
      return each(
        (i) =>
          at(node.input)[windowOf(node, i, network).reduce((a, b) => ((q[b] ?? 0) > (q[a] ?? 0) ? b : a))] ?? new Map(),
      );
    }
    case "average-pool":
      return each((i) => {
        const members = windowOf(node, i, network);
        const whole = node.window.kernel[0] * node.window.kernel[1];
        return times(add(members.map((u) => at(node.input)[u])), 1 / (node.countPadding ? whole : members.length));
      });
    case "sum":
      return each((i) => add(node.inputs.map((one) => at(one)[i])));
    case "concat": {
      const after = node.shape.slice(node.axis + 1).reduce((product, length) => product * length, 1);
      const rows = node.inputs.map((one) => {
        const own = (network.nodes[one]?.shape[node.axis] ?? 0) * after;
        return { units: at(one), own };
      });
      const joined: Bundles[] = [];
      while (joined.length < size) {
        const row = joined.length / rows.reduce((sum, { own }) => sum + own, 0);
        for (const { units, own } of rows) joined.push(...units.slice(row * own, (row + 1) * own));
      }
      return joined;
    }
    case "rearrange":
      return each((i) => {
        const from = node.from === undefined ? i : (node.from[i] ?? -1);
        return from < 0 ? new Map() : (at(node.input)[from] ?? new Map());
      });
  }
}

/** Indices of the elements of a pool's window `i`, row by row. */
function windowOf(
  node: Extract<GatedNode, { readonly kind: "max-pool" | "average-pool" }>,
  i: number,
  network: GatedNetwork,
): readonly number[] {
  const [, height = 0, width = 0] = network.nodes[node.input]?.shape ?? [];
  const [, rows = 0, columns = 0] = node.shape;
  const { kernel, strides, pads } = node.window;
  const [c, row, column] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
  return Array.from({ length: kernel[0] * kernel[1] }, (_, k) => [
    row * strides[0] - pads[0] + Math.floor(k / kernel[1]),
    column * strides[1] - pads[1] + (k % kernel[1]),
  ]).flatMap(([y = -1, z = -1]) => (y < 0 || z < 0 || y >= height || z >= width ? [] : [(c * height + y) * width + z]));
}

function gated(unit: Bundles | undefined, q: number, rule: GateRule, c: number): Bundles {
  switch (rule.kind) {
    case "hard":
      return times(unit, q > 0 ? 1 : 0);
    case "soft":
      return times(unit, (1 + rule.epsilon) / (1 + Math.exp(-rule.beta * q)));
    case "leaky":
      return times(unit, q > 0 ? 1 : (rule.slopes.data[rule.slopes.data.length === 1 ? 0 : c] ?? 0));
    case "clipped":
      return q >= rule.ceiling ? new Map([["", rule.ceiling]]) : times(unit, q > 0 ? 1 : 0);
  }
}

const times = (unit: Bundles | undefined, factor: number): Bundles =>
  new Map([...(unit ?? [])].flatMap(([weights, value]) => (factor === 0 ? [] : [[weights, value * factor]])));

const through = (unit: Bundles | undefined, weight: string): Bundles =>
  new Map([...(unit ?? [])].map(([weights, value]) => [`${weights} ${weight}`, value]));

function add(units: readonly (Bundles | undefined)[]): Bundles {
  const sum = new Map<string, number>();
  for (const unit of units) {
    for (const [weights, value] of unit ?? []) sum.set(weights, (sum.get(weights) ?? 0) + value);
  }
  return sum;
}
