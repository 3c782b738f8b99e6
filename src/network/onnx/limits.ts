import { GatewiseError } from "../../errors.ts";
import { MAX_RANK, type OnnxNode, sizeOf } from "../../graph/index.ts";
import { nodeError } from "./node-error.ts";

/** Elements of all nodes for one example: 1 GiB in float32. A ResNet-152 of 224 × 224 pixels has a third of it. */
const MAX_ACTIVATIONS = 2 ** 28;
/** Elements of maps from place to place: 64 MiB. Only what is transposed, padded or cut needs one. */
const MAX_PLACES = 2 ** 24;
/**
 * Work on weights may pass over each byte of the file this often: files that make ever more from one tensor end here,
 * not in memory.
 */
const PASSES = 16;
/** What the smallest file may make. */
const FREE_ELEMENTS = 2 ** 22;

const SMALLER = "use a smaller model or smaller inputs";

/** What a file may ask for, whatever it says; each check comes before the allocation. */
export class Limits {
  private activations = 0;
  private places = 0;
  private elements = 0;
  private readonly mostElements: number;

  /** @param fileBytes size of the model, with what other files hold of it */
  constructor(fileBytes: number) {
    this.mostElements = FREE_ELEMENTS + PASSES * fileBytes;
  }

  /** @throws GatewiseError unless all sizes are whole and at least 1, and the elements not too many */
  activation(label: string, shape: readonly number[]): void {
    const fits = shape.length <= MAX_RANK && shape.every((size) => Number.isSafeInteger(size) && size >= 1);
    if (!fits) {
      throw new GatewiseError({
        received: `${label} of shape [${shape.slice(0, MAX_RANK).join(", ")}]`,
        expected: `at most ${MAX_RANK} sizes, each a whole number of at least 1`,
        next: "check the shapes of the model and of its input",
      });
    }
    this.activations += sizeOf(shape);
    if (this.activations > MAX_ACTIVATIONS) {
      throw new GatewiseError({
        received: `${label} of shape [${shape.join(", ")}]`,
        expected: `at most ${MAX_ACTIVATIONS} elements an example in all nodes up to this one`,
        next: SMALLER,
      });
    }
  }

  /** @throws GatewiseError if maps of `count` more places are too many */
  placesOf(node: OnnxNode, count: number): void {
    this.places += count;
    if (this.places <= MAX_PLACES) return;
    throw nodeError(node, `${count} elements to move`, `at most ${MAX_PLACES} in all nodes up to this one`, SMALLER);
  }

  /** @throws GatewiseError if `count` more constant elements are too many for a file of this size */
  constants(node: OnnxNode, count: number): void {
    this.elements += count;
    if (this.elements <= this.mostElements) return;
    const expected = `at most ${this.mostElements} in all nodes up to this one of a file of this size`;
    throw nodeError(node, `${count} elements of constants to make`, expected, SMALLER);
  }
}
