import type { FlipPart } from "./topics.ts";

/** Units of the picture. */
const [WIDTH, LEFT, RIGHT, ROW] = [640, 84, 14, 28];

interface TicksProps {
  readonly flips: readonly FlipPart[];
  readonly layers: number;
  /** Color of each layer. */
  readonly strokes: readonly string[];
}

const xOf = (at: number): number => LEFT + at * (WIDTH - LEFT - RIGHT);
const yOf = (layer: number): number => (layer + 0.5) * ROW + 4;
const heightOf = (layers: number): number => layers * ROW + 28;

/** A row a layer, a tick a flip. */
export function SegmentTicks({ flips, layers, strokes }: TicksProps) {
  const rows = Array.from({ length: layers }, (_, layer) => layer);
  return (
    <svg
      class="ticks"
      viewBox={`0 0 ${WIDTH} ${heightOf(layers)}`}
      role="img"
      aria-label={`${flips.length} flips: the table has them`}
    >
      {rows.map((layer) => (
        <g key={layer}>
          <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={yOf(layer)} y2={yOf(layer)} />
          <text x={LEFT - 8} y={yOf(layer) + 4} text-anchor="end">
            layer {layer + 1}
          </text>
        </g>
      ))}
      <text x={LEFT} y={heightOf(layers) - 6} text-anchor="middle">
        ○
      </text>
      <text x={WIDTH - RIGHT} y={heightOf(layers) - 6} text-anchor="middle">
        □
      </text>
      {flips.map(({ at, layer, unit, opens }, i) => (
        <line
          key={`${layer}-${unit}-${i}`}
          class={`tick of-layer-${layer}`}
          stroke={strokes[layer]}
          x1={xOf(at)}
          x2={xOf(at)}
          y1={yOf(layer)}
          y2={yOf(layer) + (opens ? -11 : 11)}
        />
      ))}
    </svg>
  );
}

export function segmentSvg(flips: readonly FlipPart[], layers: number, strokes: readonly string[]): string {
  const grid = Array.from(
    { length: layers },
    (_, layer) =>
      `<path d="M${LEFT} ${yOf(layer)}H${WIDTH - RIGHT}" stroke="#999"/><text x="${LEFT - 8}" y="${yOf(layer) + 4}" text-anchor="end">layer ${layer + 1}</text>`,
  );
  const ticks = flips.map(
    ({ at, layer, opens }) =>
      `<path d="M${xOf(at).toFixed(2)} ${yOf(layer)}v${opens ? -11 : 11}" stroke="${strokes[layer]}" stroke-width="2"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${heightOf(layers)}" width="${WIDTH}" height="${heightOf(layers)}" font-family="sans-serif" font-size="12">${[...grid, ...ticks].join("")}</svg>\n`;
}
