/**
 * Examples that stand for all of a set, by greedy facility location (Nemhauser, Wolsey and Fisher, Mathematical Programming 14,
 * 1978: at least 1 − 1/e of the best sum). For unfamiliar inputs 25 of a class chosen so are worth 200 spread over it, while
 * farthest points, which are the odd ones, are worse than chance (docs/monitor.md has the figures).
 */

/** What no example is like, in the logarithms of the path kernel: below it all are alike strange. */
const STRANGE = -20;

/**
 * Chooses examples one by one, each time the one that most raises `Σ_x max_s similarity(x, s)`.
 * @param similarities `[count, count]`, symmetric
 * @returns at most `wanted` of them, in the order of their choice
 */
export function coveringExamples(similarities: Float32Array, count: number, wanted: number): Int32Array {
  const covered = new Float32Array(count).fill(STRANGE);
  // a gain only falls as others are chosen: it is counted again when it would be the largest (Minoux, 1978)
  const gains = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const countedAt = new Int32Array(count).fill(-1);
  const chosen = new Int32Array(Math.min(wanted, count));
  for (let turn = 0; turn < chosen.length; turn++) {
    let best = largest(gains);
    while (countedAt[best] !== turn) {
      gains[best] = gainOf(similarities, covered, best * count);
      countedAt[best] = turn;
      best = largest(gains);
    }
    chosen[turn] = best;
    gains[best] = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) covered[i] = Math.max(covered[i]!, similarities[best * count + i]!);
  }
  return chosen;
}

function gainOf(similarities: Float32Array, covered: Float32Array, from: number): number {
  let gain = 0;
  for (let i = 0; i < covered.length; i++) {
    const more = similarities[from + i]! - covered[i]!;
    if (more > 0) gain += more;
  }
  return gain;
}

function largest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
