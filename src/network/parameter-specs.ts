import { GatewiseError } from "../errors.ts";
import type { Architecture } from "./architecture.ts";
import { allDecided, featurePart } from "./feature-part.ts";
import type { FeatureKind } from "./gate-source.ts";
import { isWeightNode, pathNodes } from "./network-nodes.ts";
import { type ParameterSpec, withStatistics } from "./parameter-spec.ts";
import { skeletonOf, slotsOf } from "./skeleton.ts";

/** All parameters of a network of this architecture, layer by layer, weight before bias, running statistics last. */
export const parameterSpecs = (architecture: Architecture): readonly ParameterSpec[] =>
  slotsOf(skeletonOf(architecture).nodes).flatMap(withStatistics);

/** Gates with the shape of one example's, called by the number of weight layers up to them: layer `l` of theory 1.2. */
export function gatedLayers(
  architecture: Architecture,
): readonly { readonly layer: number; readonly shape: readonly number[] }[] {
  const skeleton = skeletonOf(architecture);
  const onPaths = new Set(pathNodes(skeleton));
  let layer = 0;
  return skeleton.nodes.flatMap((node, position) => {
    const isLayer = node.kind === "scale" ? node.weight?.kind !== "scale" : isWeightNode(node);
    if (isLayer) layer += 1;
    return node.kind === "gate" && onPaths.has(position) ? [{ layer, shape: node.shape }] : [];
  });
}

/**
 * Parameters that decide the gates: the layers that the last gate depends on; those behind it are not used (theory 5.1).
 * @throws GatewiseError if the gates cannot read the input directly, for shallow features
 */
export function featureParameterSpecs(
  architecture: Architecture,
  features: FeatureKind = "relu",
): readonly ParameterSpec[] {
  const skeleton = skeletonOf(architecture);
  return slotsOf(featurePart(skeleton, features, allDecided(skeleton)).nodes).flatMap(withStatistics);
}

/** Number of outputs of the network. */
export function outputsOf(architecture: Architecture): number {
  const { nodes, output } = skeletonOf(architecture);
  const [outputs, ...rest] = output === 0 ? [] : (nodes[output]?.shape ?? []);
  if (outputs === undefined || rest.length > 0) {
    throw new GatewiseError({
      received: "an architecture that ends in maps or is empty",
      expected: "a last layer that gives a vector",
      next: "end it with a dense layer",
    });
  }
  return outputs;
}
