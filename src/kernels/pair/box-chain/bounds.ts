/** How large the whole numbers of a chain of box sums can become: what is kept in which type. */
import type { BoxChain } from "./box-chain.ts";

const INT_END = 2 ** 31;
const LONG_END = 2 ** 63;
/** The greatest product of two bytes, the unit of kernels of pixels. */
const BYTE_SQUARE = 255 ** 2;

export interface LayerBounds {
  /** Whether box sums of `W` leave 31 bits, so that it is kept in float64. */
  readonly isReal: boolean;
  /** How many values of `W` 31 bits can sum. */
  readonly summable: number;
}

/** Of `W` of each layer: overlaps times nine values of the layer behind it. */
export function layerBounds({ layers }: BoxChain): readonly LayerBounds[] {
  let bound = 1 / 9;
  return layers
    .toReversed()
    .map(({ channels }) => {
      bound *= 9 * channels;
      return { isReal: 9 * bound >= INT_END, summable: rowsBelow(INT_END, bound) };
    })
    .reverse();
}

/**
 * How many products of the first layer's kernel of bytes, in units of 1 / 255², with box sums of the second layer's `W`
 * 63 bits can sum; undefined where one of the two leaves 31 bits, or a layer behind them.
 */
export function summableProducts(chain: BoxChain): number | undefined {
  const [first] = chain.layers;
  const behind = layerBounds(chain).slice(1);
  if (first === undefined || behind.length === 0 || behind.some(({ isReal }) => isReal)) return undefined;
  const box = chain.layers.slice(1).reduce((product, { channels }) => 9 * product * channels, 1);
  const kernel = first.channels * (9 * chain.channels + 1) * BYTE_SQUARE;
  return kernel < INT_END ? rowsBelow(LONG_END, box * kernel) : undefined;
}

const rowsBelow = (end: number, bound: number): number =>
  Math.max(1, Math.min(INT_END - 1, Math.floor((end - 1) / bound)));
