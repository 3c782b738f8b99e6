/** What the trainings say, in words. */
import type { TrainedRegime } from "./settings.ts";
import type { CoursePart, LanePart } from "./topics.ts";

/** Where the gates of each regime come from. */
export const GATE_WORDS = {
  relu: "its own, as they learn",
  "frnpf-ii": "random, fixed",
  "frnpf-di": "of its own first weights, fixed",
  flnpf: "of the trained ReLU network, fixed",
  dlnpf: "of a second network, which learns",
  dlgn: "soft, of a second, linear network, which learns",
} as const satisfies Record<TrainedRegime, string>;

/** The best epoch, the first at a tie; undefined before any. */
export function bestOf({ epochs }: LanePart): { readonly epoch: number; readonly testAccuracy: number } | undefined {
  return epochs.reduce<ReturnType<typeof bestOf>>(
    (best, { testAccuracy }, i) =>
      best === undefined || testAccuracy > best.testAccuracy ? { epoch: i + 1, testAccuracy } : best,
    undefined,
  );
}

export const percent = (value: number): string => `${value.toFixed(1)} %`;

/** What of the gain is in the gates: the paper's question, for one seed; undefined before all have ended. */
export function answerOf({ lanes, share: found }: CoursePart): string | undefined {
  if (found === undefined) return undefined;
  const last = (regime: TrainedRegime): string =>
    percent(lanes.find((lane) => lane.regime === regime)?.epochs.at(-1)?.testAccuracy ?? Number.NaN);
  const { gained, share } = found;
  const measured = `The ReLU network has ${last("relu")} of the test examples right; fresh values behind its gates ${last("flnpf")}, behind random gates ${last("frnpf-ii")}.`;
  const gain = `${gained.value.toFixed(1)} points (${gained.low.toFixed(1)} to ${gained.high.toFixed(1)})`;
  if (share === null) {
    return `${measured} Learning gained nothing over random gates here: ${gain}. There is nothing to share out; train longer, or another network.`;
  }
  if (share.low === null || share.high === null) {
    return `${measured} Learning gained ${gain} over random gates: so little that it could be nothing, and any share of it in the gates fits. Train longer, or another network.`;
  }
  const shareWords = (value: number): string => `${Math.round(100 * value)} %`;
  return `${measured} Learning gained ${gain} over random gates; the gates alone hold ${shareWords(share.value)} of it (${shareWords(share.low)} to ${shareWords(share.high)}).`;
}
