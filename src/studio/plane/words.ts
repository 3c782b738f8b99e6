/** What is to be seen, in words. */
import { type NamedRegime, REGIMES } from "../../network/index.ts";
import type { Place, Plane } from "./plane.ts";
import { regionAt } from "./raster.ts";
import type { MomentPart, OutputsPart, PlaneWindow, RegionsPart } from "./topics.ts";

/** What to look for, by regime. */
export const WATCH = {
  relu: "The network's own gates: lines move as it learns, and settle where the classes meet.",
  "frnpf-ii":
    "The gates of a random network: the lines stay for ever. Only the values between them learn, each region's linear function.",
  "frnpf-di": "The gates of the network's own first weights: the lines stay where they began, while the values learn.",
  flnpf:
    "First a ReLU network learns, and its lines move. Then its gates are held, those after its best epoch, and fresh values learn behind them.",
  dlnpf:
    "A second network makes the gates and learns along: the lines move. They open softly, so colors bend within a region.",
  dlgn: "Gates of a network without gates of its own: every line is straight, in every layer. They open softly, and learn.",
  "dlgn-sf": "Each layer's gates look at the input directly: every line is straight. They open softly, and learn.",
} as const satisfies Record<NamedRegime, string>;

export const titleOf = (regime: NamedRegime): string => REGIMES[regime].title;
export const percent = (value: number): string => `${value.toFixed(1)} %`;
export const momentWords = ({ regime, epoch }: MomentPart): string => `${titleOf(regime)}, epoch ${epoch}`;

export const placeText = ([x, y]: Place): string => `(${Number(x.toPrecision(3))}, ${Number(y.toPrecision(3))})`;

/** A place with its gates and its answer. */
export function placeWords(plane: Plane, place: Place): string {
  const [regions, outputs, window] = [plane.regions.value, plane.outputs.value, plane.window.value];
  const gates = regions && gatesText(regions, shareOf(window, place));
  const answer = outputs && answerText(outputs, shareOf(window, place), plane.data.value?.names ?? []);
  return [placeText(place), ...(gates === undefined ? [] : [`gates ${gates}`]), ...(answer ? [answer] : [])].join(": ");
}

const shareOf = ({ left, bottom, width, height }: PlaneWindow, [x, y]: Place): Place => [
  (x - left) / width,
  (y - bottom) / height,
];

/** The gates of a place, a word a layer. */
function gatesText(regions: RegionsPart, [s, t]: Place): string | undefined {
  const region = regionAt(regions, s, t);
  return region < 0 ? undefined : gatesOfRegion(regions, region).join(" ");
}

export function gatesOfRegion({ layers, gates, from }: RegionsPart, region: number): readonly string[] {
  const units = gates.length / (from.length - 1);
  return byLayer(layers, gates.subarray(region * units, (region + 1) * units));
}

/** Gates as zeros and ones, a word a layer. */
export function byLayer(layers: RegionsPart["layers"], gates: Uint8Array): readonly string[] {
  let start = 0;
  return layers.map(({ units }) => {
    start += units;
    return gates.subarray(start - units, start).join("");
  });
}

function answerText(
  { side, classes, logits }: OutputsPart,
  [s, t]: Place,
  names: readonly string[],
): string | undefined {
  const cell = (share: number): number => Math.min(side - 1, Math.max(0, Math.floor(share * side)));
  const at = classes * (cell(t) * side + cell(s));
  const own = Array.from(logits.subarray(at, at + classes));
  const most = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const sum = own.reduce((all, one) => all + Math.exp(one - most), 0);
  const name = names[own.indexOf(most)];
  return name === undefined ? undefined : `class ${name}, ${Math.round(100 / sum)} %`;
}
