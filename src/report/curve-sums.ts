/** Curves that are gathered run by run, so that a report over thousands of runs holds none of them. */
import { type Curve, type CurvePoint, shortened, thinned } from "./curves.ts";

/** Sum and range of numbers that are seen once. */
export class PointSums {
  private sum = 0;
  private low = Number.POSITIVE_INFINITY;
  private high = Number.NEGATIVE_INFINITY;
  /** Welford's: the mean so far, and the squares around it. */
  private center = 0;
  private squares = 0;
  count = 0;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    this.low = Math.min(this.low, value);
    this.high = Math.max(this.high, value);
    const away = value - this.center;
    this.center += away / this.count;
    this.squares += away * (value - this.center);
  }

  /** Of the sample, `n − 1`; 0 for fewer than two numbers. */
  get deviation(): number {
    return this.count < 2 ? 0 : Math.sqrt(this.squares / (this.count - 1));
  }

  get mean(): number {
    return this.sum / this.count;
  }

  get least(): number {
    return this.low;
  }

  get most(): number {
    return this.high;
  }

  /** Of at least one number. */
  point(at: number): CurvePoint {
    return { at, mean: shortened(this.mean), low: shortened(this.low), high: shortened(this.high) };
  }
}

/** A figure of 250 pixels shows no more; without it 300 epochs of five regimes would make the page heavy. */
const MOST_POINTS = 150;

/** Mean and range of a number at each place: an epoch, a layer, an eigenvalue. */
export class CurveSums {
  private readonly places = new Map<number, PointSums>();

  add(at: number, value: number): void {
    let sums = this.places.get(at);
    if (sums === undefined) {
      sums = new PointSums();
      this.places.set(at, sums);
    }
    sums.add(value);
  }

  /** In order of the places, at 150 of them at most; the first and the last are kept. */
  curve(): Curve {
    return thinned(this.points(), MOST_POINTS);
  }

  /** In order of the places, all of them. */
  points(): Curve {
    return [...this.places].sort(([a], [b]) => a - b).map(([at, sums]) => sums.point(at));
  }
}
