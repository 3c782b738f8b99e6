import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readNpy } from "../../src/data/index.ts";
import { openNodeEngine } from "../../src/engine/node/index.ts";
import { float64 } from "../../src/graph/index.ts";
import { tangentKernel } from "../../src/kernels/index.ts";
import { networkFromOnnx } from "../../src/network/index.ts";
import { gatewise } from "../support/command-line.ts";
import { expectClose } from "../support/expect-close.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const GOLDEN = resolve("test", "golden", "ntk");
const floats = (file: string) => {
  const { shape, data } = readNpy(readFileSync(join(GOLDEN, file)));
  return float64(shape, Float64Array.from(data, Number));
};

/** Parameters as PyTorch counts them, of what each file holds: 4 inputs, layers of 6 units, 2 outputs. */
const FIRST = 4 * 6 + 6;
const HIDDEN = 6 * 6 + 6;
const LAST = 6 * 2 + 2;
const PARAMETERS: Readonly<Record<string, number>> = {
  absolute: FIRST + LAST,
  "batch-norm": FIRST + 6 + 6 + LAST,
  "conv-shared": 3 * 9 + 3 + (3 * 3 * 9 + 3) + (12 * 2 + 2),
  difference: FIRST + HIDDEN + 2 * LAST,
  dueling: FIRST + LAST,
  half: FIRST + HIDDEN + LAST,
  negated: FIRST + LAST,
  "one-minus": FIRST + LAST,
  prelu: FIRST + 6 + LAST,
  relu6: FIRST + LAST,
  residual: FIRST + HIDDEN + LAST,
  // the last layer has no bias
  "used-transposed": FIRST + HIDDEN + LAST - 2,
  "used-twice": FIRST + HIDDEN + LAST,
};

const names = readdirSync(GOLDEN)
  .filter((file) => file.endsWith(".onnx"))
  .map((file) => file.slice(0, -".onnx".length));

describe("tangent kernels by the parameters that files hold, against autograd (theory 4.1)", () => {
  it("every model has its number of parameters here", () => expect(names).toEqual(Object.keys(PARAMETERS)));

  it.each(names)("%s", async (name) => {
    const wanted = floats(`${name}.ntk.npy`);
    // float64 against float64; epsilon of a batch normalization is float32 in the file
    const tolerance = {
      relative: 0,
      absolute: 1e-11 * wanted.data.reduce((most, one) => Math.max(most, Math.abs(one)), 0),
    };
    await using engine = await openNodeEngine("cpu", { threads: 1 });
    const network = networkFromOnnx(readFileSync(join(GOLDEN, `${name}.onnx`)));
    expectClose(await tangentKernel(network, engine, floats("x.npy")), wanted, tolerance);

    await using folder = await temporaryFolder();
    const [model, inputs, out] = [join(GOLDEN, `${name}.onnx`), join(GOLDEN, "x.npy"), join(folder.path, "k.npy")];
    const ran = await gatewise(["ntk", "--model", model, "--inputs", inputs, "--output", "0", "--out", out]);
    expect(ran.code, ran.stderr).toBe(0);
    expectClose(readNpy(await readFile(out)), wanted, tolerance);

    const inspected = JSON.parse((await gatewise(["inspect", "--model", model, "--json"])).stdout);
    expect(inspected.parameters).toBe(PARAMETERS[name]);
  });
});
