/** Flow of other people's models: every cut conserves, and the value is the logits' difference. Pictures of them are whole. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openOnnx, sizeOf } from "../../../src/graph/index.ts";
import { inputShapeOf, networkFromOnnx, outputCount } from "../../../src/network/index.ts";
import { activate, pathFlow, referenceSplit } from "../../../src/paths/index.ts";
import { randomStream } from "../../../src/random.ts";
import { flowSvg } from "../../../src/report/flow-figure.ts";
import { expectClose } from "../../support/expect-close.ts";
import { sharedPath } from "../../support/shared-data.ts";

/** Those that are read without a choice, and are small enough for a test. */
const MODELS = [
  "acasxu-1-1",
  "mnist-256x2",
  "mnist-convnet-avgpool",
  "cifar10-oval-base",
  "cifar10-resnet-2b",
  "cifar10-tf2onnx-small",
  "nano-sklearn",
  "field/ideeplc-tf-conv1d",
  "field/mouse-keras2onnx",
  "field/tract-keras-example",
  "field/wonnx-opt-mnist",
  "synthetic/batch-minus-one",
  "synthetic/fixed-batch-16",
  "synthetic/used-twice",
];

describe("models of ../shared/models", () => {
  for (const name of MODELS) {
    const path = sharedPath("models", ...`${name}.onnx`.split("/"));
    it.skipIf(path === undefined)(name, () => {
      const network = networkFromOnnx(openOnnx(readFileSync(path ?? "")));
      const size = sizeOf(inputShapeOf(network));
      const [x, other] = [0, 1].map((which) => randomStream(which, "input", name).uniform(size, 0, 1));
      if (x === undefined || other === undefined) expect.fail("two inputs");
      const against = outputCount(network) > 1 ? 1 : null;
      const active = activate(network, x);
      const flow = pathFlow(active, { output: 0, against });
      expect(flow.conservationError).toBeLessThan(1e-13);
      const close = { relative: 1e-9, absolute: 1e-13 * flow.mass };
      expectClose([flow.value], [active.logits[0]! - (against === null ? 0 : active.logits[1]!)], close);
      const { inputs, biases } = flow.start;
      expectClose([biases.reduce((sum, one) => sum + one, inputs)], [flow.value], close);
      const split = referenceSplit(flow, activate(network, other));
      expectClose([split.kept + split.gained - split.lost], [flow.value - split.value], {
        ...close,
        absolute: 1e-12 * flow.mass,
      });
      const svg = flowSvg({ flow, input: x, reference: { split, input: other, title: "another" }, title: name });
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    });
  }
});
