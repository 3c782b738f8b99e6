/** How much work a tangent kernel is, in multiplications, some 20·10⁹ of which a core makes in a second. */
import { sizeOf } from "../../graph/index.ts";
import { edgePattern, type GatedNetwork, isWeightNode, usedNodes } from "../../network/index.ts";
import { type PartPlan, type TangentPlan, tangentPlan } from "./plan.ts";

/**
 * Multiplications of the kernel between `rows` and `columns` examples, or among `rows`.
 * @param columns undefined for those of the rows
 */
export function tangentKernelProducts(network: GatedNetwork, rows: number, columns?: number): number {
  const plan = tangentPlan(network);
  const pairs = columns === undefined ? (rows * (rows + 1)) / 2 : rows * columns;
  return (rows + (columns ?? 0)) * productsOfExample(network) + pairs * productsOfPair(plan);
}

/** Of two examples, in both parts. */
export const productsOfPair = ({ value, feature }: TangentPlan): number => productsOf(value) + productsOf(feature);

const productsOf = ({ outer, formed }: PartPlan): number =>
  outer.reduce((sum, { uses, rows, columns }) => sum + uses.length ** 2 * (rows + columns), 0) +
  formed.reduce((sum, { size }) => sum + size, 0);

/** The way forward, back to the inputs and back to the weights. */
export function productsOfExample(network: GatedNetwork): number {
  return usedNodes(network).reduce((sum, position) => {
    const node = network.nodes[position];
    if (!isWeightNode(node) || node.weight === undefined) return sum;
    const pattern = edgePattern(node);
    if (pattern.kind === "edges") return sum + 3 * pattern.most * sizeOf(node.shape);
    const positions = pattern.kind === "convolution" ? sizeOf(node.shape.slice(1)) : 1;
    return sum + 3 * sizeOf(node.weight.shape) * positions;
  }, 0);
}
