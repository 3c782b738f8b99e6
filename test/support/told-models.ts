/** Models of which it is told how long their path kernels take, one of each way and more of the machine's. */
import {
  fullyConnected,
  type GatedNetwork,
  gatedNetwork,
  gconv,
  initialParameters,
  networkFromOnnx,
  REGIMES,
  type RegimeName,
} from "../../src/network/index.ts";
import { convolutions, type MapLayer, mapModel } from "./map-models.ts";

const max = (size: number, stride: number, pad = 0): MapLayer => ({ pool: "Max", size, stride, pad });
const made = (shape: readonly number[], layers: readonly MapLayer[]) => networkFromOnnx(mapModel(shape, layers));

function initial(architecture: ReturnType<typeof fullyConnected>, regime: RegimeName): GatedNetwork {
  const parameters = initialParameters({ architecture, regime, initializer: { kind: "glorot-uniform" }, seed: 1 });
  return gatedNetwork(architecture, REGIMES[regime], parameters);
}
const dense = (width: number) => fullyConnected({ inputShape: [784], depth: 6, width, outputs: 10 });

export const TOLD_MODELS = {
  "packed bits: five layers of 128": () => initial(dense(128), "relu"),
  "packed bits: five layers of 1024": () => initial(dense(1024), "relu"),
  "soft chain: five layers of 128": () => initial(dense(128), "dlnpf"),
  "box chain: four convolutions of 128, global average": () =>
    initial(gconv({ inputShape: [3, 32, 32], width: 64, outputs: 10 }), "relu"),
  "node by node: leaky gates": () =>
    made([3, 12, 12], [{ conv: 8 }, { slope: 0.1 }, { conv: 8 }, { slope: 0.1 }, { dense: 10 }]),
  "program: pools and flattening": () =>
    made([1, 28, 28], [...convolutions(1, 16), max(2, 2), ...convolutions(1, 32), max(2, 2), { dense: 10 }]),
  "program: PyTorch's MNIST example": () =>
    made(
      [1, 28, 28],
      [...convolutions(1, 32), ...convolutions(1, 64), max(2, 2), { dense: 128 }, "relu", { dense: 10 }],
    ),
  "program: PyTorch's tutorial": () =>
    made(
      [3, 32, 32],
      [
        ...([{ conv: 6, kernel: 5 }, "relu", max(2, 2), { conv: 16, kernel: 5 }, "relu", max(2, 2)] as const),
        ...([{ dense: 120 }, "relu", { dense: 84 }, "relu", { dense: 10 }] as const),
      ],
    ),
  "program: residual sum, global average": () =>
    made([3, 24, 24], [...convolutions(2, 32), { conv: 32 }, { add: 3 }, "relu", "global-average", { dense: 10 }]),
  "program: strides, global average": () =>
    made(
      [3, 32, 32],
      [{ conv: 32, stride: 2 }, "relu", { conv: 64, stride: 2 }, "relu", "global-average", { dense: 10 }],
    ),
  "program: groups": () =>
    made(
      [4, 32, 32],
      [
        ...([{ conv: 32 }, "relu", { conv: 32, groups: 32 }, "relu", { conv: 32, kernel: 1 }, "relu"] as const),
        max(2, 2),
        { dense: 10 },
      ],
    ),
  "program: means that overlap": () =>
    made(
      [1, 24, 24],
      [
        ...([{ conv: 16 }, "relu", { pool: "Average", size: 3, stride: 2, pad: 1 }] as const),
        ...([{ conv: 32 }, "relu", { pool: "Average", size: 2, stride: 2 }, { dense: 10 }] as const),
      ],
    ),
} as const satisfies Readonly<Record<string, () => GatedNetwork>>;

export type ToldModel = keyof typeof TOLD_MODELS;
