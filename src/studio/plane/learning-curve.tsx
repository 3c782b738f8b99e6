import type { CoursePart, MomentPart } from "./topics.ts";
import { momentWords, percent, titleOf } from "./words.ts";

/** Units of the picture, and what is left of it for the axes' words. */
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 220, 68, 14, 12, 34] as const;
const HEIGHTS = [0, 25, 50, 75, 100];

const xOf = (moment: number, { total }: CoursePart): number =>
  LEFT + (moment / Math.max(1, total - 1)) * (WIDTH - LEFT - RIGHT);
const yOf = (accuracy: number): number => TOP + ((100 - accuracy) / 100) * (HEIGHT - TOP - BOTTOM);

/** Test accuracy by moment, a line for each network that learns. */
export function LearningCurve({ course, moment }: { readonly course: CoursePart; readonly moment: number }) {
  const last = course.moments.at(-1);
  const label = `Test accuracy${last?.testAccuracy === undefined ? "" : ` of ${momentWords(last)}: ${percent(last.testAccuracy)}`}`;
  return (
    <svg class="learning" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {HEIGHTS.map((height) => (
        <g key={height}>
          <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={yOf(height)} y2={yOf(height)} />
          <text x={LEFT - 8} y={yOf(height) + 4} text-anchor="end">
            {height} %
          </text>
        </g>
      ))}
      <line class="now" x1={xOf(moment, course)} x2={xOf(moment, course)} y1={TOP} y2={HEIGHT - BOTTOM} />
      {trainingsOf(course).map(({ first, points, regime }) => (
        <g key={regime}>
          <polyline points={points} />
          <text x={xOf(first, course)} y={HEIGHT - 12}>
            {titleOf(regime)}
          </text>
        </g>
      ))}
      <text x={WIDTH - RIGHT} y={HEIGHT - 12} text-anchor="end">
        epoch {course.epochs}
      </text>
    </svg>
  );
}

interface DrawnTraining {
  readonly regime: MomentPart["regime"];
  /** The moment that it begins at. */
  readonly first: number;
  readonly points: string;
}

const trainingsOf = (course: CoursePart): readonly DrawnTraining[] =>
  course.moments.flatMap(({ epoch, regime }, first) => {
    if (epoch !== 0) return [];
    const points = course.moments.flatMap(({ regime: own, testAccuracy }, moment) =>
      own !== regime || testAccuracy === undefined
        ? []
        : [`${xOf(moment, course).toFixed(2)},${yOf(testAccuracy).toFixed(2)}`],
    );
    return [{ regime, first, points: points.join(" ") }];
  });

export function learningSvg(course: CoursePart): string {
  const grid = HEIGHTS.map(
    (height) =>
      `<path d="M${LEFT} ${yOf(height)}H${WIDTH - RIGHT}" stroke="#bbb"/><text x="${LEFT - 8}" y="${yOf(height) + 4}" text-anchor="end">${height} %</text>`,
  );
  const lines = trainingsOf(course).map(
    ({ regime, first, points }) =>
      `<polyline points="${points}" fill="none" stroke="#222" stroke-width="2"/><text x="${xOf(first, course)}" y="${HEIGHT - 12}">${titleOf(regime)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">${[...grid, ...lines].join("")}</svg>\n`;
}
