/** How many parameters a network may have: told before any of them is drawn. */
import { GatewiseError } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";

/** As float32 4 GiB, and training holds them several times. */
export const MOST_PARAMETERS = 2 ** 30;

/** @throws GatewiseError (`too-large`) for more parameters than a network may have */
export function checkParameterCount(specs: readonly { readonly shape: readonly number[] }[]): void {
  const count = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (count <= MOST_PARAMETERS) return;
  throw new GatewiseError({
    code: "too-large",
    received: `a network of ${count} parameters, ${4 * count} bytes`,
    expected: `at most ${MOST_PARAMETERS}, ${4 * MOST_PARAMETERS} bytes`,
    next: "give the layers fewer units or channels",
  });
}
