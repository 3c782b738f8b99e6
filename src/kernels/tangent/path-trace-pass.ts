/**
 * Passes of powers through a network: `R = Σ_p |v_p|^q` over its paths, without enumerating them (theory 2.13 and 4.6). The
 * value network is copied, with fixed weights (means of windows) raised to the power; what is trained enters as a tensor
 * to differentiate by. Two kinds: all gates open and ones at the input, where max-pooling becomes the sum over its
 * window; or behind the gates of each example, with `|x|^q` at the input.
 */
import {
  absolute,
  add,
  constant,
  float64,
  type Graph,
  gradients,
  graph,
  input,
  multiply,
  reduceSum,
  slice,
  square,
  type Tensor,
} from "../../graph/index.ts";
import {
  edgePattern,
  forwardNodes,
  type GatedNetwork,
  type GatedNode,
  gateOf,
  gateOfNode,
  inputShapeOf,
  isWeightNode,
  passGate,
  pathInputs,
  pathNodes,
  placedNode,
  type Weights,
} from "../../network/index.ts";

export type PathPower = 1 | 2;
type Values = Tensor<"float64">;

/** Which paths a pass adds up: all, or those that the gates of each example leave open, times its inputs. */
export type PathScope = "all-paths" | "active-paths";

export interface PathPass {
  readonly power: PathPower;
  readonly scope: PathScope;
  /** The logit at which paths end; all of them unless told otherwise. */
  readonly output?: number | undefined;
}

/** A weight or bias of a node that paths come through, of the network as it was given. */
export interface PathWeights {
  readonly position: number;
  readonly kind: "weight" | "bias";
  readonly values: Weights;
}

export const pathWeights = (network: GatedNetwork): readonly PathWeights[] =>
  pathNodes(network).flatMap((position): readonly PathWeights[] => {
    const node = network.nodes[position];
    if (!isWeightNode(node)) return [];
    const of = (kind: "weight" | "bias") => (node[kind] === undefined ? [] : [{ position, kind, values: node[kind] }]);
    return [...of("weight"), ...of("bias")];
  });

/** Name of the gradient `∂R / ∂|w|^q` in the pass. */
export const weightsName = ({ position, kind }: Pick<PathWeights, "position" | "kind">): string =>
  `${position}.${kind}`;

/**
 * The graph of a pass over examples `x` `[batch, ...inputShape]` (all paths: whatever they are, one is enough) from
 * `|w|^q` under `weightsName` to `sum`, which is `R` summed over the batch, and `∂R / ∂|w|^q` under
 * `gradient.` and the name.
 */
export function pathPassGraph(network: GatedNetwork, { power, scope, output }: PathPass): Graph {
  const x = input("x", "float64", ["batch", ...inputShapeOf(network)]);
  const copy = copyForPass(network, scope);
  const raised = (values: Values): Values => (power === 1 ? absolute(values) : square(values));
  const pass = { raise: (factor: number) => Math.abs(factor) ** power, isOpen: scope === "all-paths" };
  const parameters = new Map<string, Values>();
  const values = forwardNodes(copy.network, x, {
    parameter(position, kind, own) {
      const original = copy.originals.get(position);
      if (original === undefined) return constant(float64(own.shape, own.data));
      const name = weightsName({ position: original, kind });
      const tensor = parameters.get(name) ?? input(name, "float64", own.shape);
      parameters.set(name, tensor);
      return tensor;
    },
    gate(position, z, q) {
      const own = gateOfNode(copy.network.nodes[position]);
      if (own === undefined) throw new Error(`unreachable: node ${position} is no gate`);
      if (copy.starts.has(position)) return scope === "all-paths" ? add(multiply(z, 0), 1) : raised(z);
      if (position >= copy.first && scope === "all-paths") return z;
      return passGate(z, gateOf(own.rule, q), position < copy.first ? (values) => values : raised);
    },
    power: (position) => (position < copy.first ? undefined : pass),
  });
  const logits = values.get(copy.network.output);
  if (logits === undefined) throw new Error("unreachable: no output");
  const ends = output === undefined ? logits : slice(logits, 1, output, output + 1);
  const sum = reduceSum(ends);
  const names = [...parameters.keys()];
  const slopes = gradients(sum, [...parameters.values()]);
  return graph({ sum, ...Object.fromEntries(names.map((name, i) => [`gradient.${name}`, slopes[i] ?? sum])) });
}

/** The network followed by a copy of the nodes on its paths. */
interface PassNetwork {
  /** Its output is that of the copy. */
  readonly network: GatedNetwork;
  /** Where the copy begins. */
  readonly first: number;
  /** Gates of the copy that stand where paths start. */
  readonly starts: ReadonlySet<number>;
  /** By position in the copy, the weight node that it is a copy of. */
  readonly originals: ReadonlyMap<number, number>;
}

function copyForPass(network: GatedNetwork, scope: PathScope): PassNetwork {
  const nodes: GatedNode[] = [...network.nodes];
  const first = nodes.length;
  const starts = new Set<number>();
  const originals = new Map<number, number>();
  const copies = new Map<number, number>();
  const copyOf = (position: number): number => {
    const copy = copies.get(position);
    if (copy === undefined) throw new Error(`unreachable: node ${position} before its input`);
    return copy;
  };
  for (const position of pathNodes(network)) {
    const node = network.nodes[position] ?? unreachableNode(position);
    const copy = nodes.length;
    const name = `pass.${copy}`;
    copies.set(position, copy);
    if (edgePattern(node).kind === "none") {
      const { shape } = node;
      nodes.push({ kind: "gate", name, shape, input: position, gatedBy: position, rule: { kind: "hard" } });
      starts.add(copy);
      continue;
    }
    const [input = position] = pathInputs(node);
    // where all paths are open nothing is decided: what would decide is not computed
    const decider = scope === "all-paths" ? (): number => copyOf(input) : (by: number): number => by;
    nodes.push({ ...placedNode(node, { input: copyOf, decider }), name });
    if (isWeightNode(node)) originals.set(copy, position);
  }
  return { network: { nodes, output: copyOf(network.output) }, first, starts, originals };
}

function unreachableNode(position: number): never {
  throw new Error(`unreachable: no node ${position}`);
}
