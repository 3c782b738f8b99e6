import { z } from "zod";
import { GatewiseError, messageOf } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";
import { type Architecture, isGated, isLayered, type Layer } from "./architecture.ts";
import { NodeStructure } from "./architecture-nodes-json.ts";
import { MOST_PARAMETERS } from "./parameter-limit.ts";
import { outputsOf, parameterSpecs } from "./parameter-specs.ts";
import { flatLayers, placeLayers } from "./placed-layers.ts";
import { skeletonOf } from "./skeleton.ts";

/** Sizes that no network of this kind has are refused before anything is made of them. */
const MOST = 2 ** 20;
const Size = z.int().min(1).max(MOST);
/** Objects and lists within each other, two a residual sum: deeper ones would overflow the stack of who walks them. */
const MOST_LEVELS = 64;
const Weighted = {
  bias: z.boolean().default(true),
  gated: z.boolean().default(true),
  batchNorm: z.boolean().optional(),
};

/** A layer as JSON: what most layers have may be left out. */
const LayerStructure: z.ZodType<Layer> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("dense"), units: Size, ...Weighted }),
    z.strictObject({
      kind: z.literal("convolution"),
      channels: Size,
      kernel: Size.default(3),
      stride: Size.default(1),
      padding: z.enum(["same", "valid"]).default("same"),
      ...Weighted,
    }),
    z.strictObject({ kind: z.literal("gate") }),
    z.strictObject({
      kind: z.literal("residual"),
      body: z.array(LayerStructure).min(1),
      shortcut: z.array(LayerStructure).default([]),
    }),
    z.strictObject({ kind: z.literal("max-pool"), size: Size }),
    z.strictObject({ kind: z.literal("average-pool"), size: Size }),
    z.strictObject({ kind: z.literal("global-average-pool") }),
    z.strictObject({ kind: z.literal("flatten") }),
  ]),
);

/** Looked at before the structure is, which is read by recursion. */
const Shallow = z.unknown().superRefine((layers, context) => {
  if (!isDeeperThan(MOST_LEVELS, layers)) return;
  context.addIssue({
    code: "custom",
    message: `lists and objects of more than ${MOST_LEVELS} levels`,
    input: undefined,
  });
});

const inputShape = z.array(Size).min(1).max(3).readonly();
const LayersStructure = z.strictObject({
  inputShape,
  layers: Shallow.pipe(z.array(LayerStructure).min(1).readonly()),
});
const NodesStructure = z.strictObject({ inputShape, nodes: z.array(NodeStructure).min(1).readonly() });

/** Whether what may be an architecture has nodes instead of layers. */
const hasNodes = (json: unknown): boolean => isObject(json) && "nodes" in json;

const isObject = (json: unknown): json is object => typeof json === "object" && json !== null && !Array.isArray(json);

/** An architecture as JSON, in run records and in users' files. */
export const ArchitectureStructure: z.ZodType<Architecture> = z.unknown().transform((json, context) => {
  const parsed = (hasNodes(json) ? NodesStructure : LayersStructure).safeParse(json);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    context.addIssue({ code: "custom", message: issue.message, path: [...issue.path], input: undefined });
  }
  return z.NEVER;
});

/**
 * Reads a user's architecture.
 * @param file its name, for errors
 * @param inputShape the data set's, which the file may leave out
 * @throws GatewiseError for text that is no JSON, a layer that is none (with its path), shapes that do not fit, a last
 * layer with a gate, outputs that are no vector, or a size beyond all memory
 */
export function readArchitecture(text: string, file: string, inputShape: readonly number[]): Architecture {
  const json = jsonOf(text, file);
  if (isDeeperThan(MOST_LEVELS, json)) {
    throw new GatewiseError({
      received: `${file}: lists and objects of more than ${MOST_LEVELS} levels`,
      expected: "residual sums within each other at most 30 times",
      next: "put them one behind the other",
    });
  }
  const structure = hasNodes(json) ? NodesStructure : LayersStructure;
  // the data set's shape stands where the file leaves it out
  const parsed = structure.safeParse(isObject(json) && !("inputShape" in json) ? { ...json, inputShape } : json);
  if (!parsed.success) throw structureError(parsed.error, file);
  const architecture: Architecture = parsed.data;
  const own = architecture.inputShape;
  if (own.join() !== inputShape.join()) {
    throw new GatewiseError({
      received: `${file}, inputShape: [${own.join(", ")}]`,
      expected: `[${inputShape.join(", ")}], as the data set has it`,
      next: "leave inputShape out, or choose another data set",
    });
  }
  checkArchitecture(architecture, file);
  return architecture;
}

function checkArchitecture(architecture: Architecture, file: string): void {
  const unitShapes = shapesIn(architecture, file);
  const weights = parameterSpecs(architecture);
  if (weights.length === 0) {
    throw new GatewiseError({
      received: `${file}, layers without weights`,
      expected: "at least one dense or convolution layer: what is trained",
      next: "end it with a dense layer",
    });
  }
  const shapes = [...weights.map(({ shape }) => shape), ...unitShapes];
  const numbers = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  if (numbers > MOST_PARAMETERS) {
    throw new GatewiseError({
      code: "too-large",
      received: `${file}, layers of ${numbers} parameters and units, ${4 * numbers} bytes`,
      expected: `at most ${MOST_PARAMETERS}, ${4 * MOST_PARAMETERS} bytes`,
      next: "give the layers fewer units or channels",
    });
  }
  // a model that was read may end in a gate: it is one of those that a source decides
  if (!isLayered(architecture)) return;
  const last = architecture.layers.length - 1;
  const end = architecture.layers[last];
  if (end === undefined || !isGated(end)) return;
  throw new GatewiseError({
    received: `${file}, layers.${last}: a last layer (${end.kind}) with a gate`,
    expected: "outputs without a gate (theory 1)",
    next: end.kind === "gate" ? "remove it, or put a dense layer behind it" : 'say "gated": false there',
  });
}

/** Shapes of what layers or nodes give, and outputs that are a vector; errors name the file. */
function shapesIn(architecture: Architecture, file: string): readonly (readonly number[])[] {
  try {
    outputsOf(architecture);
    if (!isLayered(architecture)) return skeletonOf(architecture).nodes.map(({ shape }) => shape);
    return flatLayers(placeLayers(architecture)).map(({ outputShape }) => outputShape);
  } catch (thrown) {
    if (!(thrown instanceof GatewiseError)) throw thrown;
    const { received, expected, hint: next } = thrown;
    throw new GatewiseError({ received: `${file}, ${received}`, expected, next, cause: thrown });
  }
}

/** Level by level, without recursion. */
function isDeeperThan(levels: number, json: unknown): boolean {
  let level: readonly unknown[] = [json];
  for (let depth = 0; depth <= levels; depth++) {
    level = level.flatMap((one): unknown[] => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return level.length > 0;
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewiseError({
      received: `${file}: ${messageOf(cause)}`,
      expected: 'JSON such as {"layers": [{"kind": "flatten"}, {"kind": "dense", "units": 10, "gated": false}]}',
      next: "mend the file",
      cause,
    });
  }
}

function structureError(error: z.ZodError, file: string): GatewiseError {
  const [issue] = error.issues;
  const at = issue?.path.length ? `${file}, ${issue.path.join(".")}` : file;
  return new GatewiseError({
    received: `${at}: ${issue?.message ?? "wrong structure"}`,
    expected:
      "an architecture: layers of kind dense, convolution, gate, residual, max-pool, average-pool, global-average-pool or flatten",
    next: "mend the file there; examples/pre-activation-resnet.json is one",
    cause: error,
  });
}
