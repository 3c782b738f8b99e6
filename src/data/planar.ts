/** Points of the plane in classes that no line parts: what networks of two inputs are shown with. Drawn by a seed. */
import { GatewiseError } from "../errors.ts";
import { randomStream } from "../random.ts";

/** Kinds of planar data. */
export const PLANAR_KINDS = ["moons", "circles", "spirals", "checkerboard"] as const;
/** One of {@link PLANAR_KINDS}. */
export type PlanarKind = (typeof PLANAR_KINDS)[number];

/** How points are drawn. */
export interface PlanarOptions {
  readonly count: number;
  /** Standard deviation of what is added to each coordinate. */
  readonly noise: number;
  readonly seed: number;
}

/** Points in two classes, alternately. */
export interface PlanarData {
  /** `[count, 2]`, within about ±1.5 but for the noise; to four digits behind the point, as tables have them. */
  readonly points: Float64Array;
  /** `[count]`: 0 or 1 */
  readonly classes: Uint8Array;
}

/** Most points at once. */
const MOST = 10_000;
/** Squares of the checkerboard along a side, and turns of a spiral. */
const [SQUARES, TURNS] = [4, 1.5];

/** A point without noise, of a class, by up to two uniform draws. */
type Shape = (label: number, u: number, v: number) => readonly [number, number];

const SHAPES = {
  // two half circles that reach into each other, as scikit-learn's make_moons, around the origin
  moons: (label, u) => {
    const [x, y] = [Math.cos(Math.PI * u), Math.sin(Math.PI * u)];
    return label === 0 ? [x - 0.5, y - 0.25] : [0.5 - x, 0.25 - y];
  },
  circles: (label, u) => {
    const radius = label === 0 ? 1.2 : 0.55;
    return [radius * Math.cos(2 * Math.PI * u), radius * Math.sin(2 * Math.PI * u)];
  },
  spirals: (label, u) => {
    // as many points an arc: the radius goes with the root
    const radius = 0.15 + 1.15 * Math.sqrt(u);
    const angle = 2 * Math.PI * TURNS * Math.sqrt(u) + label * Math.PI;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  // anywhere in a square of the class: black or white
  checkerboard: (label, u, v) => {
    const square = Math.floor(((SQUARES * SQUARES) / 2) * u);
    const row = Math.floor(square / (SQUARES / 2));
    const column = 2 * (square % (SQUARES / 2)) + ((row + label) % 2);
    const within = (((SQUARES * SQUARES) / 2) * u) % 1;
    return [(2.6 * (column + within)) / SQUARES - 1.3, (2.6 * (row + v)) / SQUARES - 1.3];
  },
} as const satisfies Record<PlanarKind, Shape>;

/** @throws GatewiseError for a count or a noise that is none */
export function planarData(kind: PlanarKind, { count, noise, seed }: PlanarOptions): PlanarData {
  if (!Number.isInteger(count) || count < 2 || count > MOST) {
    throw new GatewiseError({
      received: `${count} points`,
      expected: `a whole number from 2 to ${MOST.toLocaleString("en")}`,
      next: "give another `count`",
    });
  }
  if (!(noise >= 0 && noise <= 10)) {
    throw new GatewiseError({
      received: `noise ${noise}`,
      expected: "a deviation from 0 to 10, such as 0.1",
      next: "give another `noise`",
    });
  }
  const place = randomStream(seed, "planar", kind).uniform(2 * count, 0, 1);
  const added = randomStream(seed, "planar", kind, "noise").normal(2 * count);
  const points = new Float64Array(2 * count);
  const classes = Uint8Array.from({ length: count }, (_, i) => i % 2);
  for (let i = 0; i < count; i++) {
    const shape: Shape = SHAPES[kind];
    const [x, y] = shape(i % 2, place[2 * i]!, place[2 * i + 1]!);
    points[2 * i] = rounded(x + noise * added[2 * i]!);
    points[2 * i + 1] = rounded(y + noise * added[2 * i + 1]!);
  }
  return { points, classes };
}

// + 0: no −0
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4 + 0;
