/** NumPy's `.npz`: a zip archive with a `.npy` file for each array (`np.savez`, `np.savez_compressed`). */
import { GatewiseError, messageOf } from "../../errors.ts";

/** What is unpacked at once, in memory: larger arrays are read by blocks, from `.npy` files. */
const MOST_BYTES = 2 ** 31;
/** Deflate makes at most 1,032 bytes of one (zlib's technical notes); a claim beyond that is a lie. */
const MOST_RATIO = 1032;
/** What takes memory worth talking of is no data where it unpacks to so many times its size: images do to 3 to 20 times. */
const LARGE_BYTES = 2 ** 28;
const LARGE_RATIO = 200;
/** What a member may claim beside, for a header. */
const SLACK = 2 ** 16;

/** An archive whose directory was read. */
export interface NpzArchive {
  /** Names of its arrays, in the order of the archive. */
  readonly names: readonly string[];
  /**
   * The `.npy` file of an array.
   * @throws GatewiseError if it is damaged, or larger than memory should hold
   */
  member(name: string): Uint8Array;
}

/**
 * Opens an archive.
 * @param file names it in errors
 * @throws GatewiseError if it is no zip archive, or holds no array
 */
export async function openNpz(bytes: Uint8Array, file: string): Promise<NpzArchive> {
  const { unzipSync } = await import("fflate");
  const names: string[] = [];
  const unzip = (filter: Parameters<typeof unzipSync>[1]): Record<string, Uint8Array> => {
    try {
      return unzipSync(bytes, filter);
    } catch (cause) {
      if (cause instanceof GatewiseError) throw cause;
      throw new GatewiseError({
        code: "damaged-file",
        received: `${file}: damaged zip data (${messageOf(cause)})`,
        expected: "a whole .npz archive",
        next: "the file is truncated or damaged: write it again with np.savez",
        cause,
      });
    }
  };
  unzip({
    filter: ({ name }) => {
      if (name.endsWith(".npy")) names.push(name.slice(0, -".npy".length));
      return false;
    },
  });
  if (names.length === 0) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${file}: a zip archive without arrays`,
      expected: "an .npz archive, as np.savez writes it",
      next: "unpack it, if it holds other data",
    });
  }
  return {
    names,
    member(name) {
      const path = `${name}.npy`;
      const found = unzip({
        filter: (member) => {
          if (member.name !== path) return false;
          checkSizes(`${file}: array ${name}`, member);
          return true;
        },
      })[path];
      if (found === undefined) throw new Error(`unreachable: no member ${path}`);
      return found;
    },
  };
}

function checkSizes(
  what: string,
  { size, originalSize }: { readonly size: number; readonly originalSize: number },
): void {
  if (originalSize > MOST_BYTES) {
    throw new GatewiseError({
      code: "too-large",
      received: `${what}, which unpacks to ${originalSize} bytes`,
      expected: `at most ${MOST_BYTES}: archives are unpacked in memory`,
      next: "save its arrays as .npy files, which are read by blocks",
    });
  }
  const ratio = originalSize > LARGE_BYTES ? LARGE_RATIO : MOST_RATIO;
  if (originalSize <= ratio * size + SLACK) return;
  throw new GatewiseError({
    code: "damaged-file",
    received: `${what}: ${size} bytes that claim to unpack to ${originalSize}`,
    expected: `at most ${ratio} times as many`,
    next: "the file is damaged, or made to fill memory: give its arrays as .npy files",
  });
}
