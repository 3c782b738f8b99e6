import { readNpy } from "../data/index.ts";
import { readBytes } from "../data/node/index.ts";
import { GatewiseError } from "../errors.ts";
import { checkInputs, type Inputs } from "../gates/index.ts";
import type { GatedNetwork } from "../network/index.ts";

/**
 * Inputs of a network from a `.npy` file.
 * @returns `[n, ...inputShape]`
 * @throws GatewiseError unless the file holds float32 or float64 of that shape, all of them finite
 */
export const readModelInputs = async (file: string, network: GatedNetwork): Promise<Inputs> =>
  fittingInputs(network, await readInputsFile(file), file);

/** @throws GatewiseError unless the file holds float32 or float64 */
export async function readInputsFile(file: string): Promise<Inputs> {
  const array = readNpy(await readBytes(file), file);
  if (array.dtype !== "float32" && array.dtype !== "float64") {
    throw new GatewiseError({
      received: `${file} of ${array.dtype}`,
      expected: "float32 or float64, scaled as the network was trained (pixels in [0, 1])",
      next: 'convert it in NumPy: np.save("x.npy", x.astype("float32") / 255)',
    });
  }
  return array;
}

/** @throws GatewiseError unless the inputs of a file have the network's shape, all of them finite */
export function fittingInputs(network: GatedNetwork, array: Inputs, file: string): Inputs {
  checkInputs(network, array);
  const broken = array.data.findIndex((value) => !Number.isFinite(value));
  if (broken < 0) return array;
  throw new GatewiseError({
    received: `${file} with ${array.data[broken]} at element ${broken}`,
    expected: "finite numbers",
    next: "look for missing values where the file was made",
  });
}
