import type { ExperimentKind, ExperimentOf } from "../../src/experiments/index.ts";
import { fullyConnected } from "../../src/network/index.ts";
import { optimizer } from "../../src/train/index.ts";

const both = <T>(profile: T) => ({ quick: profile, full: profile });
const SETTINGS = {
  architecture: fullyConnected({ inputShape: [28, 28], depth: 3, width: 8, outputs: 10 }),
  initializer: { kind: "glorot-uniform" },
  optimizer: optimizer("adam", 1e-3),
  loss: "softmax-cross-entropy",
  batch: 32,
} as const;
const LENGTH = { data: "digits", limit: 320, testLimit: 100, epochs: 2, runs: 1 } as const;
const dlgn = (depth: number) => fullyConnected({ inputShape: [6], depth, width: 6, outputs: 1, bias: false });

/** An experiment of each kind as a user might define it in a program of their own; each takes a second or so. */
export const OWN_EXPERIMENTS = {
  regimes: {
    ...{ kind: "regimes", name: "own-regimes", title: "Regimes of one's own", source: "nowhere" },
    ...SETTINGS,
    regimes: ["relu", "flnpf"],
    profiles: both(LENGTH),
    published: {},
  },
  arms: {
    ...{ kind: "arms", name: "own-arms", title: "Arms of one's own", source: "nowhere" },
    ...SETTINGS,
    profiles: both({
      ...LENGTH,
      arms: [
        { name: "soft", title: "Soft gates", regime: "dlnpf" },
        { name: "steep", title: "Steep gates", regime: "dlnpf", variant: { beta: 20 } },
      ],
    }),
  },
  watched: {
    ...{ kind: "watched", name: "own-watched", title: "A kernel of one's own", source: "nowhere" },
    ...SETTINGS,
    measure: "label-fit",
    regime: "relu",
    profiles: both({
      ...{ data: "digits", limit: 640, testLimit: 100, epochs: 4, every: 2, runs: 2, examples: 20 },
      instead: { batch: 16 },
    }),
  },
  monitor: {
    ...{ kind: "monitor", name: "own-monitor", title: "A monitor of one's own", source: "nowhere" },
    ...SETTINGS,
    ...{ step: 0.1, neighbors: 5, references: 3, published: {} },
    profiles: both({ data: "digits", epochs: 2, runs: 1, clean: 7900, testLimit: 30 }),
  },
  trees: {
    ...{ kind: "trees", name: "own-trees", title: "A tree of one's own", source: "nowhere" },
    task: { seed: 3, dimension: 6, levels: 2, train: 200, validation: 50, test: 50 },
    networks: [
      {
        ...{ regime: "dlgn", title: "DLGN", architecture: dlgn(3) },
        ...{ variant: { beta: 3 }, published: { paper: 90, independent: 90 } },
      },
    ],
    ...{ batch: 100, learningRate: 0.02, every: 2 },
    profiles: both({ data: "drawn points", epochs: 5, runs: 2 }),
  },
  influence: {
    ...{ kind: "influence", name: "own-influence", title: "Influence of one's own", source: "nowhere" },
    ...SETTINGS,
    ...{ recipe: { dropout: 0.1 }, ridge: 3, ridges: [1, 3] },
    profiles: both({ data: "digits", train: 60, test: 10, halves: 3, epochs: 2, runs: 2 }),
  },
  explanation: {
    ...{ kind: "explanation", name: "own-explanations", title: "Explanations of one's own", source: "nowhere" },
    ...SETTINGS,
    ...{ samples: 2, smoothing: 0.1, step: 0.1, noise: 0.05, steps: 4 },
    published: { removal: {}, kept: {}, area: {} },
    profiles: both({ data: "digits", epochs: 2, runs: 1, images: 3, testLimit: 40 }),
  },
  theorem: {
    ...{ kind: "theorem", name: "own-theorem", title: "A theorem of one's own", source: "nowhere" },
    series: {
      "fully-connected": {
        ...{ title: "dense", unit: "width", depth: 3, inputs: "digits", inputShape: [784], examples: 4, fitFrom: 8 },
        reference: [],
      },
      convolutional: {
        ...{ title: "maps", unit: "channels", depth: 3, inputs: "noise", inputShape: [2, 3, 3], examples: 3 },
        ...{ fitFrom: 4, reference: [] },
      },
    },
    profiles: both({ widths: [8, 16], draws: 3, channels: [4, 8], channelDraws: 3 }),
  },
} as const satisfies { readonly [K in ExperimentKind]: ExperimentOf<K> };
