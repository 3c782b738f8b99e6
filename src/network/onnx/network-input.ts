/** Which input of a model is the network's, and what stands for the others. */
import { GatewiseError } from "../../errors.ts";
import {
  type DenseArray,
  dtypeOf,
  type OnnxModel,
  type OnnxNode,
  type OnnxPort,
  quoted,
  sizeOf,
} from "../../graph/index.ts";
import { arrayOf } from "./constant-arrays.ts";
import type { InputPlan } from "./input-plan.ts";
import { portList, portShape } from "./ports.ts";
import { numbersOf } from "./value.ts";

/** Values of a model's other inputs, by name: the same for every example. A number fills its input. */
export type SetInputs = Readonly<Record<string, DenseArray | number>>;

/** More elements than any mask or state has. */
const MOST_ELEMENTS = 2 ** 26;

/**
 * The one input that examples come through.
 * @param needed nodes that the output depends on: inputs that none of them reads do not matter
 * @param choice name of the input
 * @throws GatewiseError where several are left, and for names that the model does not have
 */
export function networkInput(
  model: OnnxModel,
  needed: readonly OnnxNode[],
  set: SetInputs,
  choice: string | undefined,
): OnnxPort {
  const { inputs } = model;
  const given = Object.keys(set);
  for (const name of choice === undefined ? given : [choice, ...given]) checkName(inputs, name);
  if (choice !== undefined && given.includes(choice)) {
    throw new GatewiseError({
      received: `input ${quoted(choice)} both chosen and set`,
      expected: "the network's input to come from the examples",
      next: "leave one of the two out",
    });
  }
  const read = new Set(needed.flatMap((node) => node.inputs));
  const open = inputs.filter(({ name }) => read.has(name) && !given.includes(name));
  // where nothing reads an input, the nodes say why
  const free = given.length === 0 ? (open[0] ?? inputs[0]) : open[0];
  const chosen = choice === undefined ? free : inputs.find(({ name }) => name === choice);
  const others = open.filter(({ name }) => name !== chosen?.name);
  if (chosen === undefined) {
    throw new GatewiseError({
      received: `a model of ${portList(inputs, "input")}${given.length > 0 ? ", all that are read set" : ""}`,
      expected: "one input that the examples come through",
      next: given.length > 0 ? "set all inputs but one" : "check the inputs of the model",
    });
  }
  const [other] = others;
  if (other === undefined) return chosen;
  const settings = Object.fromEntries(others.map(({ name }) => [name, 0]));
  throw new GatewiseError({
    received: `a model of ${portList(inputs, "input")}`,
    expected: "one input for the examples, and a value for each of the others",
    next: `choose one and set the others: input: ${JSON.stringify(chosen.name)}, set: ${JSON.stringify(settings)}`,
    settings: { input: chosen.name, set: settings },
  });
}

function checkName(inputs: readonly OnnxPort[], name: string): void {
  if (inputs.some((port) => port.name === name)) return;
  throw new GatewiseError({
    received: `input ${quoted(name)} of a model of ${portList(inputs, "input")}`,
    expected: "the name of one of them",
    next: "check the name",
  });
}

/**
 * The constant that stands for an input.
 * @param plan of the network's own input: batch and named sizes are the same
 * @throws GatewiseError unless it fits the input's shape and element type
 */
export function setInput(port: OnnxPort, value: DenseArray | number, plan: InputPlan): DenseArray {
  const dtype = dtypeOf(port.elementType);
  if (dtype === undefined) {
    throw unfit(port, `element type ${port.elementType}`, "numbers", "export the model without this input");
  }
  const batch = plan.batch === "open" ? 1 : plan.batch;
  const wanted = port.shape?.map((size, axis) => {
    if (typeof size === "number") return size;
    return plan.sizes.get(size) ?? (axis === 0 ? batch : undefined);
  });
  const shape = typeof value === "number" ? fillable(port, wanted) : fitted(port, value.shape, wanted);
  if (sizeOf(shape) > MOST_ELEMENTS) throw unfit(port, `${sizeOf(shape)} elements`, `at most ${MOST_ELEMENTS}`);
  const numbers = new Float64Array(sizeOf(shape));
  if (typeof value === "number") numbers.fill(value);
  else {
    // one row stands for all examples of a batch
    const own = numbersOf(value);
    for (let start = 0; start < numbers.length; start += Math.max(1, own.length)) numbers.set(own, start);
  }
  const whole = dtype !== "float32" && dtype !== "float64";
  if (whole && !numbers.every(Number.isInteger)) throw unfit(port, "numbers that are not whole", `numbers of ${dtype}`);
  return arrayOf(dtype, shape, dtype === "bool" ? numbers.map((one) => (one === 0 ? 0 : 1)) : numbers);
}

function fillable(port: OnnxPort, wanted: readonly (number | undefined)[] | undefined): readonly number[] {
  const shape = (wanted ?? []).filter((size) => size !== undefined);
  if (wanted === undefined || shape.length === wanted.length) return shape;
  throw unfit(port, "a number", `an array, for sizes that the model leaves open`);
}

function fitted(
  port: OnnxPort,
  given: readonly number[],
  wanted: readonly (number | undefined)[] | undefined,
): readonly number[] {
  if (wanted === undefined) return given;
  const fits = (shape: readonly number[]): boolean =>
    shape.length === wanted.length &&
    shape.every((size, axis) => wanted[axis] === undefined || size === wanted[axis] || (axis === 0 && size === 1));
  for (const shape of [given, [1, ...given]]) {
    // repeated where the batch is written larger
    if (fits(shape)) return shape.map((size, axis) => wanted[axis] ?? size);
  }
  throw unfit(
    port,
    `an array of shape [${given.join(", ")}]`,
    `one of shape ${portShape(port)}, the same for every example`,
  );
}

const unfit = (
  port: OnnxPort,
  what: string,
  expected: string,
  next = "give another value for this input",
): GatewiseError => new GatewiseError({ received: `input ${quoted(port.name)} set to ${what}`, expected, next });
