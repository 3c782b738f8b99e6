/** The table of the influence experiment: scores of the networks, and how far the controls are below. */
import { type HalfTrained, type InfluenceScore, SIMILARITIES, type SimilarityName } from "./influence-scores.ts";
import { jackknifeError, type LossTable, tableScore } from "./rank-correlation.ts";

/** A way to predict losses: its mean score over the networks. */
export interface InfluenceRow {
  readonly similarity: SimilarityName;
  readonly score: number;
  /** Of the score, by leaving out halves. */
  readonly error: number;
  /** Score of the path kernel less this one, and the standard error of that; 0 of the path kernel itself. */
  readonly behind: number;
  readonly behindError: number;
  /** Of each network. */
  readonly networks: readonly number[];
}

/** How far two trainings of one half agree, and what that leaves to reach. */
export interface InfluenceCeiling {
  readonly agreement: number;
  readonly error: number;
  /** Root of the agreement: what a prediction of the mean loss of a half scores against one training. */
  readonly ceiling: number;
}

/** Losses of both trainings, a row a half, as far as both are there. */
export function lossTables(trained: readonly (readonly HalfTrained[])[]): readonly LossTable[] {
  const halves = trained.reduce((least, one) => Math.min(least, one.length), Number.POSITIVE_INFINITY);
  return trained.map((one) => one.slice(0, halves).map(({ losses }) => Float64Array.from(losses)));
}

/** What two trainings of each half leave to reach. */
export function influenceCeiling([first = [], second = []]: readonly LossTable[]): InfluenceCeiling {
  const { score, withoutHalf } = tableScore(first, [second]);
  return { agreement: score, error: jackknifeError(withoutHalf), ceiling: Math.sqrt(Math.max(0, score)) };
}

/** One row a way, of the networks that all three ways are there of. */
export function influenceRows(scores: readonly InfluenceScore[], ridge: number): readonly InfluenceRow[] {
  const own = scores.filter((one) => one.ridge === ridge);
  const meanOf = (similarity: SimilarityName) => {
    const found = own.filter((one) => one.similarity === similarity);
    const [first] = found;
    return {
      networks: found.map(({ score }) => score),
      score: mean(found.map(({ score }) => score)),
      withoutHalf: (first?.withoutHalf ?? []).map((_, half) =>
        mean(found.map(({ withoutHalf }) => withoutHalf[half] ?? Number.NaN)),
      ),
    };
  };
  const [paths] = SIMILARITIES.map(meanOf);
  return SIMILARITIES.flatMap((similarity) => {
    const { networks, score, withoutHalf } = meanOf(similarity);
    if (networks.length === 0 || paths === undefined) return [];
    const behind = withoutHalf.map((value, half) => (paths.withoutHalf[half] ?? Number.NaN) - value);
    return [
      {
        ...{ similarity, networks, score, error: jackknifeError(withoutHalf) },
        behind: paths.score - score,
        behindError: jackknifeError(behind),
      },
    ];
  });
}

/** The score of the path kernel with the ridge that is best on the other half of the halves. */
export interface ChosenRidge {
  readonly ridge: { readonly onEven: number; readonly onOdd: number };
  readonly score: number;
}

/** Of the first network; undefined unless all ridges are there. */
export function chosenRidge(scores: readonly InfluenceScore[], ridges: readonly number[]): ChosenRidge | undefined {
  const own = scores.filter(({ network, similarity }) => network === 0 && similarity === "path kernel");
  if (own.length < ridges.length) return undefined;
  const best = (part: "even" | "odd"): InfluenceScore | undefined =>
    own.reduce<InfluenceScore | undefined>(
      (most, one) => (most === undefined || one[part] > most[part] ? one : most),
      undefined,
    );
  const [even, odd] = [best("even"), best("odd")];
  if (even === undefined || odd === undefined) return undefined;
  return { ridge: { onEven: even.ridge, onOdd: odd.ridge }, score: (even.odd + odd.even) / 2 };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
