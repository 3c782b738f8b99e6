import { describe, expect, it } from "vitest";
import { PLANAR_KINDS, planarData } from "../../src/data/index.ts";
import { errorOf } from "../support/error-of.ts";

const COUNT = 400;
const pointsOf = (kind: (typeof PLANAR_KINDS)[number], noise = 0, seed = 1) => {
  const { points, classes } = planarData(kind, { count: COUNT, noise, seed });
  return Array.from(classes, (label, i) => ({ x: points[2 * i] ?? 9, y: points[2 * i + 1] ?? 9, label }));
};

/** What holds of every point without noise, by its class; coordinates have four digits. */
const SHAPES = {
  moons: ({ x, y, label }) => {
    const [from, up] = label === 0 ? [-0.5, y + 0.25] : [0.5, 0.25 - y];
    return Math.abs(Math.hypot(x - from, up) - 1) < 1e-3 && up >= -1e-3;
  },
  circles: ({ x, y, label }) => Math.abs(Math.hypot(x, y) - (label === 0 ? 1.2 : 0.55)) < 1e-3,
  spirals: ({ x, y, label }) => {
    const turned = 3 * Math.PI * ((Math.hypot(x, y) - 0.15) / 1.15) + label * Math.PI;
    return Math.cos(Math.atan2(y, x) - turned) > 0.999;
  },
  checkerboard: ({ x, y, label }) => {
    const square = (one: number): number => Math.floor((4 * (one + 1.3)) / 2.6);
    return Math.abs(x) <= 1.3 && Math.abs(y) <= 1.3 && (square(x) + square(y)) % 2 === label;
  },
} as const satisfies Record<
  (typeof PLANAR_KINDS)[number],
  (point: { readonly x: number; readonly y: number; readonly label: number }) => boolean
>;

describe.each(PLANAR_KINDS)("%s", (kind) => {
  it("have the shape that they are called by, in two classes alike", () => {
    const points = pointsOf(kind);
    const wrong = points.filter((point) => !SHAPES[kind](point));
    // a point on the edge of a square may be rounded over it
    expect(wrong.length).toBeLessThanOrEqual(kind === "checkerboard" ? 2 : 0);
    expect(points.filter(({ label }) => label === 1)).toHaveLength(COUNT / 2);
  });

  it("are the same for a seed, others for another, and move by as much as the noise", () => {
    expect(pointsOf(kind, 0.1)).toEqual(pointsOf(kind, 0.1));
    expect(pointsOf(kind, 0.1, 2)).not.toEqual(pointsOf(kind, 0.1));
    const [still, moved] = [pointsOf(kind), pointsOf(kind, 0.1)];
    const squares = still.map(({ x, y }, i) => (x - (moved[i]?.x ?? 0)) ** 2 + (y - (moved[i]?.y ?? 0)) ** 2);
    // 2 · 0.1² in the mean, five standard errors of 400 draws
    expect(Math.abs(squares.reduce((a, b) => a + b, 0) / COUNT - 0.02)).toBeLessThan(0.005);
  });
});

it("refuse what is no count and no noise", () => {
  expect(errorOf(() => planarData("moons", { count: 1.5, noise: 0, seed: 0 }))).toEqual({
    message: "1.5 points: expected a whole number from 2 to 10,000",
    hint: "give another `count`",
  });
  expect(errorOf(() => planarData("moons", { count: 10, noise: -1, seed: 0 }))).toEqual({
    message: "noise -1: expected a deviation from 0 to 10, such as 0.1",
    hint: "give another `noise`",
  });
});
