/** What a network takes in: the batch that a model is written for, and the sizes of one example. */
import { GatewiseError } from "../../errors.ts";
import { type OnnxPort, quoted } from "../../graph/index.ts";
import { FLOAT_TYPES } from "./float-types.ts";
import { portShape } from "./ports.ts";

export interface InputPlan {
  /** Shape of one example. */
  readonly example: readonly number[];
  /** Whether axis 0 of the model's input is the batch. */
  readonly batched: boolean;
  /** Examples a batch as the model is written, or "open" for any number. 1 where there is no batch axis. */
  readonly batch: number | "open";
  /** Sizes by the names that the input gives them. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** What of an input's shape the file may leave open. */
export interface ShapeOptions {
  /**
   * Shape of one example, for sizes that the model leaves open. Of as many axes as the input, it says that axis 0 is no
   * batch.
   */
  readonly inputShape?: readonly number[];
  /** The same from data at hand: taken for open sizes only, and only where it fits. */
  readonly sizesFrom?: readonly number[];
}

/** @throws GatewiseError for inputs of whole numbers, and for sizes that are open or other than told */
export function inputPlan(port: OnnxPort, { inputShape, sizesFrom }: ShapeOptions): InputPlan {
  const what = `input ${quoted(port.name)}`;
  if (!FLOAT_TYPES.includes(port.elementType)) {
    throw new GatewiseError({
      code: "unsupported-model",
      received: `${what} of element type ${port.elementType}`,
      expected: "float32, float64 or float16",
      next: "export the model with floating-point inputs",
    });
  }
  const { shape } = port;
  if (inputShape !== undefined) {
    const plan = planOf(shape, inputShape);
    if (plan !== undefined && inputShape.every((size) => Number.isSafeInteger(size) && size >= 1)) return plan;
    throw new GatewiseError({
      received: `an input shape [${inputShape.join(", ")}] for ${what} of shape ${portShape(port)}`,
      expected: "the sizes of one example, without the batch, as the model has them where they are written",
      next: "give the sizes of all axes but the first",
    });
  }
  const [first, ...rest] = shape ?? [];
  const isWritten = (size: number | string): size is number => typeof size === "number";
  if (typeof first === "number" && rest.length === 0) {
    return { example: [first], batched: false, batch: 1, sizes: new Map() };
  }
  if (rest.length > 0 && rest.every(isWritten)) {
    const plan = planOf(shape, rest);
    if (plan !== undefined) return plan;
  }
  const guessed = sizesFrom && shape?.length !== sizesFrom.length ? planOf(shape, sizesFrom) : undefined;
  if (guessed !== undefined) return guessed;
  const likely = rest.length > 0 ? rest.map((size) => (isWritten(size) ? size : LIKELY)) : [LIKELY];
  throw new GatewiseError({
    received: `${what} of shape ${portShape(port)}`,
    expected: "the sizes of one example, which the model leaves open",
    next: `give them, for example inputShape: [${likely.join(", ")}]`,
    settings: { inputShape: likely },
  });
}

/** A size for the example in a message. */
const LIKELY = 32;

/** Undefined where `wanted` fits neither with a batch in front nor without. */
function planOf(shape: OnnxPort["shape"], wanted: readonly number[]): InputPlan | undefined {
  if (shape === undefined) return { example: wanted, batched: true, batch: "open", sizes: new Map() };
  const batched = shape.length === wanted.length + 1;
  if (!batched && shape.length !== wanted.length) return undefined;
  const [first = 1] = shape;
  const own = batched ? shape.slice(1) : shape;
  const sizes = new Map<string, number>();
  for (const [axis, size] of wanted.entries()) {
    const stated = own[axis] ?? "";
    const known = typeof stated === "number" ? stated : sizes.get(stated);
    if (known !== undefined && known !== size) return undefined;
    if (typeof stated === "string" && stated !== "") sizes.set(stated, size);
  }
  // some exporters write 0 for any number
  const batch = batched ? (typeof first === "number" && first > 0 ? first : "open") : 1;
  return { example: wanted, batched, batch, sizes };
}
