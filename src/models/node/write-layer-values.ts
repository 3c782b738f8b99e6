/** Pre-activations and activations of a model's layers into files, of any number of inputs. */

import { join } from "node:path";
import { NpyParts } from "../../data/node/index.ts";
import { type Inputs, type LayerTensor, readLayerValues, type ValueKind } from "../../gates/index.ts";
import { optionsIn } from "../../options.ts";
import type { Model } from "../model.ts";
import { type Asking, counter } from "../progress.ts";

/** A file of values. */
export interface ValueFile {
  readonly layer: string;
  readonly kind: ValueKind;
  /** With all examples. */
  readonly shape: readonly number[];
  readonly file: string;
}

/** Where values go, and in which precision. */
export interface LayerValueOptions extends Asking {
  /** One a tensor, see {@link valueFiles}. */
  readonly files: readonly ValueFile[];
  readonly dtype: "float32" | "float64";
}

/** The files of tensors in a folder: the place of the layer, its name as a file may have it, and what it is. */
export function valueFiles(folder: string, tensors: readonly LayerTensor[], examples: number): readonly ValueFile[] {
  const layers = [...new Set(tensors.map(({ layer }) => layer))];
  const digits = String(layers.length).length;
  return tensors.map(({ layer, kind, shape }) => {
    const place = String(layers.indexOf(layer) + 1).padStart(digits, "0");
    const name = layer.replaceAll(/[^\w.-]+/g, "_").slice(0, MOST_LETTERS);
    return { layer, kind, shape: [examples, ...shape], file: join(folder, `${place}-${name}.${kind}.npy`) };
  });
}

/** Systems take names of 255 bytes. */
const MOST_LETTERS = 120;

/**
 * Writes the values of all inputs block by block; the files have their names when all are whole.
 * @param inputs `[n, …inputShape]`
 */
export async function writeLayerValues(
  model: Model,
  inputs: Inputs,
  tensors: readonly LayerTensor[],
  options: LayerValueOptions,
): Promise<void> {
  optionsIn(options);
  const { files, dtype, signal } = options;
  const parts: NpyParts[] = [];
  try {
    for (const { file, shape } of files) parts.push(await NpyParts.begin(file, dtype, shape));
    const onProgress = counter(options, "values", "inputs");
    const reading = { dtype, onProgress, ...(signal === undefined ? {} : { signal }) };
    for await (const { values } of readLayerValues(model.network, await model.engine(), inputs, tensors, reading)) {
      for (const [index, part] of parts.entries()) {
        const value = values[index];
        if (value !== undefined) await part.append(value);
      }
    }
    for (const part of parts) await part.finish();
  } finally {
    for (const part of parts) await part[Symbol.asyncDispose]();
  }
}
