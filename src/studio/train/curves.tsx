import type { LanePart } from "./topics.ts";
import { percent, titleOf } from "./words.ts";

/** Units of the picture, and what is left of it for the axes' words. */
const [WIDTH, HEIGHT] = [640, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [68, 10, 12, 34];

/** Percent between two lines of the grid, by what there is to show: six lines at most. */
const spacing = (range: number): number => (range <= 10 ? 2 : range <= 25 ? 5 : range <= 50 ? 10 : 20);

/** Test accuracy over the epochs, a line a regime. The axis begins below the lowest. */
export function Curves({ lanes, epochs }: { readonly lanes: readonly LanePart[]; readonly epochs: number }) {
  const all = lanes.flatMap((lane) => lane.epochs.map(({ testAccuracy }) => testAccuracy));
  const least = all.reduce((a, b) => Math.min(a, b), 100);
  const step = spacing(100 - least);
  const floor = Math.min(90, step * Math.floor(least / step));
  const x = (epoch: number): number => LEFT + ((epoch - 1) / Math.max(1, epochs - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (accuracy: number): number => TOP + ((100 - accuracy) / (100 - floor)) * (HEIGHT - TOP - BOTTOM);
  const heights = Array.from({ length: (100 - floor) / step + 1 }, (_, i) => floor + i * step);
  const words = lanes.map((lane) => `${titleOf(lane.regime)} ${percent(lane.epochs.at(-1)?.testAccuracy ?? 0)}`);
  return (
    <svg class="curves" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Test accuracy: ${words.join(", ")}`}>
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
      {lanes.map(({ regime, epochs: done }) => (
        <g key={regime} class={`of-${regime}`}>
          <polyline points={done.map(({ testAccuracy }, i) => `${x(i + 1)},${y(testAccuracy)}`).join(" ")} />
          {done.length > 0 && <circle cx={x(done.length)} cy={y(done.at(-1)?.testAccuracy ?? 0)} r={3} />}
        </g>
      ))}
    </svg>
  );
}
