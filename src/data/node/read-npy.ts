import type { DenseArray } from "../../graph/index.ts";
import { readNpy } from "../npy.ts";
import { readBytes } from "./read-file.ts";

/**
 * An array from a `.npy` file.
 * @throws GatewiseError for a file that cannot be read, or is none
 */
export const readNpyFile = async (path: string): Promise<DenseArray> => readNpy(await readBytes(path), path);
