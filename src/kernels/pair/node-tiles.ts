/** Tiles of a kernel node by node: one pair after the other. */
import type { Engine } from "../../engine/index.ts";
import { sizeOf } from "../../graph/index.ts";
import type { GatedNetwork } from "../../network/index.ts";
import type { Breaths } from "../breaths.ts";
import { allocateHere, type TileMaker, type TilePlace } from "../tiles/tile-maker.ts";
import type { ExampleRange } from "../tiles/tile-plan.ts";
import { openBoxChains } from "./box-chain/chains-of-network.ts";
import { nodeAt } from "./maps.ts";
import { type MaskProductMaker, openMaskProducts } from "./mask-products.ts";
import { kernelOfPair, type Shortcuts } from "./one-pair.ts";
import type { Size } from "./pair-lines.ts";
import type { ExampleReading } from "./readings.ts";
import { ExampleSide } from "./side.ts";
import { type WeighedPlan, weighedPlan } from "./weighed-plan.ts";

/** Plain data. */
export interface NodeWork {
  readonly kind: "nodes";
  readonly network: GatedNetwork;
  readonly withShortcuts: boolean;
  readonly rows: readonly ExampleReading[];
  /** The rows themselves where the kernel is one of inputs with themselves. */
  readonly columns: readonly ExampleReading[];
}

/** Examples whose gates are unpacked at a time, on each side, unless that is more than {@link SIDE_BYTES}. */
const MOST_SIDES = 16;
const SIDE_BYTES = 2 ** 27;

/** Examples of a side that memory is meant for. */
export function sidesAtOnce(network: GatedNetwork, { plan }: WeighedPlan): number {
  const units = plan.positions.reduce((sum, position) => sum + sizeOf(nodeAt(network, position).shape), 0);
  return Math.max(1, Math.min(MOST_SIDES, Math.floor(SIDE_BYTES / (8 * units))));
}

/** The kernel of pairs of so many examples, ready for one after the other. */
class PairMaker implements AsyncDisposable {
  private constructor(
    private readonly network: GatedNetwork,
    readonly plan: WeighedPlan,
    private readonly shortcuts: Shortcuts,
    private readonly products: MaskProductMaker | undefined,
  ) {}

  /** @param engine makes the inner products of gates that are no bits, if it has float64 */
  static async open(work: Omit<NodeWork, "kind" | "columns">, engine: Engine | undefined): Promise<PairMaker> {
    const { network, withShortcuts, rows } = work;
    const plan = weighedPlan(network, withShortcuts);
    const shortcuts = await openBoxChains(plan.chains);
    const [first] = rows;
    const products =
      withShortcuts && engine?.capabilities.float64 === true && first !== undefined
        ? await openMaskProducts({ network, plan: plan.plan, shortcuts }, engine, new ExampleSide(network, first))
        : undefined;
    return new PairMaker(network, plan, shortcuts, products);
  }

  /** Rows and columns of pairs that are made ready at a time. */
  blockSize(most: number): Size {
    return this.products?.blockSize(most) ?? [most, most];
  }

  async block(left: readonly ExampleSide[], right: readonly ExampleSide[]) {
    const products = await this.products?.block(left, right);
    const { network, plan, shortcuts } = this;
    return (a: ExampleSide, b: ExampleSide): number =>
      kernelOfPair(network, plan.plan, a, b, { shortcuts, products: products?.(a, b) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.products?.[Symbol.asyncDispose]();
  }
}

/** Makes tiles in this thread, one at a time. */
export async function openNodeTiles(
  work: NodeWork,
  engine: Engine | undefined,
  breaths: Breaths | undefined,
): Promise<TileMaker> {
  const { network, rows, columns } = work;
  const pairs = await PairMaker.open(work, engine);
  const { seconds } = pairs.plan.cost;
  const most = sidesAtOnce(network, pairs.plan);
  const sides = new KeptSides(network, 2 * most);
  const [height, width] = pairs.blockSize(most);
  return {
    ahead: 1,
    allocate: allocateHere,
    async write(a: ExampleRange, b: ExampleRange, { tile, mirrored }: TilePlace) {
      const onDiagonal = rows === columns && a.from === b.from;
      const below = mirrored ?? (onDiagonal ? tile : undefined);
      const put = (i: number, j: number, value: number): void => {
        tile.data[tile.start + i * tile.stride + j] = value;
        if (below !== undefined) below.data[below.start + j * below.stride + i] = value;
      };
      for (const [top, start] of corners(a, b, [height, width])) {
        const [bottom, end] = [Math.min(top + height, a.to), Math.min(start + width, b.to)];
        if (onDiagonal && end <= top) continue;
        const [left, right] = [sides.range(rows, top, bottom), sides.range(columns, start, end)];
        const kernel = await pairs.block(left, right);
        for (const [i, one] of left.entries()) {
          for (const [j, other] of right.entries()) {
            if (onDiagonal && start + j < top + i) continue;
            put(top + i - a.from, start + j - b.from, kernel(one, other));
            const pause = breaths?.after(seconds);
            if (pause !== undefined) await pause;
          }
        }
      }
    },
    [Symbol.asyncDispose]: () => pairs[Symbol.asyncDispose](),
  };
}

/** The kernel of each example with itself. */
export async function nodeDiagonal(
  work: Omit<NodeWork, "columns">,
  engine: Engine | undefined,
  breaths: Breaths,
  onProgress: ((done: number, of: number) => void) | undefined,
): Promise<Float64Array<ArrayBuffer>> {
  await using pairs = await PairMaker.open(work, engine);
  const { rows, network } = work;
  const diagonal = new Float64Array(rows.length);
  for (const [i, reading] of rows.entries()) {
    const side = new ExampleSide(network, reading);
    diagonal[i] = (await pairs.block([side], [side]))(side, side);
    await breaths.after(pairs.plan.cost.seconds);
    onProgress?.(i + 1, rows.length);
  }
  return diagonal;
}

/** Where blocks of a size begin in a tile. */
const corners = (rows: ExampleRange, columns: ExampleRange, [height, width]: Size): readonly Size[] =>
  Array.from({ length: Math.ceil((rows.to - rows.from) / height) }, (_, i) =>
    Array.from(
      { length: Math.ceil((columns.to - columns.from) / width) },
      (__, j): Size => [rows.from + i * height, columns.from + j * width],
    ),
  ).flat();

/** The last examples that were unpacked: neighboring tiles have rows or columns in common. */
class KeptSides {
  private readonly known = new Map<ExampleReading, ExampleSide>();

  constructor(
    private readonly network: GatedNetwork,
    private readonly most: number,
  ) {}

  range(readings: readonly ExampleReading[], from: number, to: number): readonly ExampleSide[] {
    return readings.slice(from, to).map((reading) => {
      const side = this.known.get(reading) ?? new ExampleSide(this.network, reading);
      // the last one used goes last
      this.known.delete(reading);
      this.known.set(reading, side);
      for (const oldest of this.known.keys()) {
        if (this.known.size <= this.most) break;
        this.known.delete(oldest);
      }
      return side;
    });
  }
}
