import { sizeOf } from "../graph/index.ts";
import { type Architecture, flatLayers, isLayered, placeLayers, skeletonOf } from "../network/index.ts";

/** Examples a run of vectors takes: large enough for fast matrix products, small enough for the cache. */
const MOST = 1000;
/** What the activations of a run may take; the engine holds several layers' maps at a time. */
const ACTIVATION_BYTES = 2 ** 26;

/**
 * Examples that one run outside training takes at once: maps are large, and all of a run's are in memory.
 * @param shapes of what the layers of one example give
 */
export function examplesPerRun(shapes: readonly (readonly number[])[]): number {
  const units = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  return Math.min(MOST, Math.max(1, Math.floor(ACTIVATION_BYTES / (4 * units))));
}

/** Shapes of what the layers of an architecture give. */
export const layerShapes = (architecture: Architecture): readonly (readonly number[])[] =>
  isLayered(architecture)
    ? flatLayers(placeLayers(architecture)).map(({ outputShape }) => outputShape)
    : skeletonOf(architecture).nodes.map(({ shape }) => shape);
