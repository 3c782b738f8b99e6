import { GatewiseError } from "../../errors.ts";
import { MAX_RANK, type OnnxNode, sizeOf } from "../../graph/index.ts";
import { nodeError } from "./node-error.ts";

/** Elements of all nodes for one example: 1 GiB in float32. A ResNet-152 of 224 × 224 pixels has a third of it. */
const MAX_ACTIVATIONS = 2 ** 28;
/** Elements of one input: a picture of 4096 × 4096. As it is read, in float64, an example takes 128 MiB. */
const MAX_INPUT = 2 ** 24;
/**
 * What nodes give is made of the input and of the file's weights: no layer in use gives as many elements for each of
 * those. Padding, windows and copies make any number of nothing.
 */
const GROWTH = 1024;
/** Products of one example in all nodes: three times those of the largest convolutional networks within the elements above. */
const MAX_WORK = 2 ** 38;
/** Elements of maps from place to place: 64 MiB. Only what is transposed, padded or cut needs one. */
const MAX_PLACES = 2 ** 24;
/**
 * Work on weights may pass over each byte of the file this often: files that make ever more from one tensor end here,
 * not in memory.
 */
const PASSES = 16;
/** What the smallest file may make. */
const FREE_ELEMENTS = 2 ** 22;

/** Bytes of constants that files fill with one number, of those that are still needed. A VGG-19 has 575 MB of weights. */
const MAX_FILLED = 2 ** 30;
/** Work on such constants may pass over each of their elements this often. */
const FILLED_PASSES = 6;

/** A term of what a constant comes from is an object: it costs as much as so many elements. */
const TERM = 32;

const SMALLER = "use a smaller model or smaller inputs";

/** What a file may ask for, whatever it says; each check comes before the allocation. */
export class Limits {
  private activations = 0;
  private mostActivations: number;
  private work = 0;
  private places = 0;
  private elements = 0;
  private mostElements: number;
  private readonly filledBytes = new Map<ArrayBufferLike, number>();
  private filled = 0;

  /** @param fileBytes size of the model, with what other files hold of it */
  constructor(fileBytes: number) {
    this.mostElements = FREE_ELEMENTS + PASSES * fileBytes;
    this.mostActivations = Math.min(FREE_ELEMENTS + GROWTH * fileBytes, MAX_ACTIVATIONS);
  }

  /** @throws GatewiseError for sizes that no input has, or too many elements */
  input(label: string, shape: readonly number[]): void {
    const size = sizeOf(shape);
    if (size > MAX_INPUT) {
      throw new GatewiseError({
        code: "too-large",
        received: `${label} of shape [${shape.slice(0, MAX_RANK).join(", ")}]`,
        expected: `at most ${MAX_INPUT} elements an example`,
        next: SMALLER,
      });
    }
    this.mostActivations = Math.min(this.mostActivations + GROWTH * size, MAX_ACTIVATIONS);
    this.activation(label, shape);
  }

  /** @throws GatewiseError if `products` more for each example take too long */
  pass(node: OnnxNode, products: number): void {
    this.work += products;
    if (this.work <= MAX_WORK) return;
    const expected = `at most ${MAX_WORK} in all nodes up to this one`;
    throw nodeError(node, `${products} products for an example`, expected, SMALLER);
  }

  /** @throws GatewiseError unless all sizes are whole and at least 1, and the elements not too many */
  activation(label: string, shape: readonly number[]): void {
    const fits = shape.length <= MAX_RANK && shape.every((size) => Number.isSafeInteger(size) && size >= 1);
    if (!fits) {
      throw new GatewiseError({
        code: "too-large",
        received: `${label} of shape [${shape.slice(0, MAX_RANK).join(", ")}]`,
        expected: `at most ${MAX_RANK} sizes, each a whole number of at least 1`,
        next: "check the shapes of the model and of its input",
      });
    }
    this.activations += sizeOf(shape);
    if (this.activations > this.mostActivations) {
      throw new GatewiseError({
        code: "too-large",
        received: `${label} of shape [${shape.join(", ")}]`,
        expected: `at most ${this.mostActivations} elements an example in all nodes up to this one`,
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

  /** @throws GatewiseError if `count` more elements, all one number, are too many beside those that are still there */
  fill(node: OnnxNode, count: number, bytes: number): void {
    if (this.filled + bytes > MAX_FILLED) {
      const expected = `at most ${MAX_FILLED} in all that are needed at once`;
      throw nodeError(node, `${bytes} bytes of constants to fill`, expected, SMALLER);
    }
    this.mostElements += FILLED_PASSES * count;
  }

  /** Counts an array that was filled, until it is dropped. */
  hold({ buffer, byteLength }: ArrayBufferView): void {
    this.filledBytes.set(buffer, byteLength);
    this.filled += byteLength;
  }

  /** No node needs the array any longer, and nothing was made of its memory. */
  drop({ buffer }: ArrayBufferView): void {
    this.filled -= this.filledBytes.get(buffer) ?? 0;
    this.filledBytes.delete(buffer);
  }

  /** @throws GatewiseError if `count` more terms of origins are too many */
  terms(node: OnnxNode, count: number): void {
    this.constants(node, TERM * count);
  }
}
