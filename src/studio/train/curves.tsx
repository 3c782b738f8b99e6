import type { RefObject } from "preact";
import type { TrainedRegime } from "./settings.ts";

/** Units of the picture, and what is left of it for the axes' words. */
const [WIDTH, HEIGHT] = [640, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [68, 10, 12, 34];

export interface Curve {
  readonly regime: TrainedRegime;
  /** In percent, an epoch each. */
  readonly values: readonly number[];
}

interface CurvesProps {
  readonly curves: readonly Curve[];
  readonly epochs: number;
  /** Percent of the axis. */
  readonly range: readonly [low: number, high: number];
  /** What it shows, for who does not see it. */
  readonly label: string;
  readonly picture: RefObject<SVGSVGElement | null>;
}

/** Percent between two lines of the grid, by what there is to show: six lines at most. */
const spacing = (range: number): number =>
  range <= 2.5 ? 0.5 : range <= 10 ? 2 : range <= 25 ? 5 : range <= 50 ? 10 : 20;

/** Percent over the epochs, a line a regime. */
export function Curves({ curves, epochs, range: [least, most], label, picture }: CurvesProps) {
  const step = spacing(most - least);
  const [low, high] = [step * Math.floor(least / step), step * Math.ceil(most / step)];
  const x = (epoch: number): number => LEFT + ((epoch - 1) / Math.max(1, epochs - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const heights = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  return (
    <svg class="curves" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} ref={picture}>
      {heights.map((height) => (
        <g key={height}>
          <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(height)} y2={y(height)} />
          <text x={LEFT - 8} y={y(height) + 4} text-anchor="end">
            {height} %
          </text>
        </g>
      ))}
      <text x={x(1)} y={HEIGHT - 12}>
        epoch 1
      </text>
      <text x={WIDTH - RIGHT} y={HEIGHT - 12} text-anchor="end">
        {epochs}
      </text>
      {curves.map(({ regime, values }) => (
        <g key={regime} class={`of-${regime}`}>
          <polyline points={values.map((value, i) => `${x(i + 1)},${y(value)}`).join(" ")} />
          {values.length > 0 && <circle cx={x(values.length)} cy={y(values.at(-1) ?? 0)} r={3} />}
        </g>
      ))}
    </svg>
  );
}
