/** `gatewise flow` of one network written in several ways: the golden values of theory 7, to the last bit of float64 that they need. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { gatewiseHere as gatewise } from "../support/command-line.ts";
import { expectClose } from "../support/expect-close.ts";
import { GoldenNetwork, goldenModel, type Nested, REWRITINGS, Tensor } from "../support/golden-flow-model.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const EXACT = { relative: 1e-12 };
const numbers = z.array(z.number());
const Answer = z.object({
  value: z.number(),
  mass: z.number(),
  conservationError: z.number(),
  layers: z.array(z.object({ flow: numbers })),
  inputFlow: numbers,
  residualProfile: numbers.nullable(),
  reference: z.object({
    ...{ value: z.number(), kept: z.number(), gained: z.number(), lost: z.number() },
    ...{ keptMassShare: z.number(), keptByInput: numbers, gainedByInput: numbers, lostByInput: numbers },
  }),
});
const Golden = GoldenNetwork.extend({
  functional: numbers,
  ...{ output: z.number(), outputReference: z.number(), absoluteMass: z.number(), keptMass: z.number() },
  ...{ kept: z.number(), gained: z.number(), lost: z.number() },
  ...{ inputFlow: Tensor, unitFlow: z.array(Tensor) },
  ...{ keptByInput: Tensor, gainedByInput: Tensor, lostByInput: Tensor },
  residualPolynomial: numbers.nullable(),
});
const flat = (tensor: Nested): number[] => [tensor].flat(9).map(Number);
/** Units of a layer the other way around: channels of maps, with their positions in order. */
const reversed = (tensor: Nested): number[] => (typeof tensor === "number" ? [tensor] : flat([...tensor].reverse()));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

describe.each(["mlp", "mlp-one-logit", "conv-maxpool", "residual"])("%s", (name) => {
  const path = join("test", "golden", "flow", name);
  const golden = Golden.parse(JSON.parse(readFileSync(`${path}.json`, "utf8")));

  it.each(REWRITINGS)("%s", async (rewriting) => {
    const model = join(folder.path, `${name}-${rewriting.replaceAll(" ", "-")}.onnx`);
    await writeFile(model, goldenModel(golden, rewriting));
    const against = golden.functional.indexOf(-1);
    const { code, stdout, stderr } = await gatewise([
      ...["flow", "--model", model, "--inputs", `${path}.x.npy`, "--output", String(golden.functional.indexOf(1))],
      ...(against < 0 ? [] : ["--against", String(against)]),
      ...["--reference", "1", "--json"],
    ]);
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: "" });
    const { value, mass, conservationError, layers, inputFlow, residualProfile, reference } = Answer.parse(
      JSON.parse(stdout),
    );
    expectClose(
      [value, mass, reference.value, reference.kept, reference.gained, reference.lost, reference.keptMassShare],
      [
        ...[golden.output, golden.absoluteMass, golden.outputReference, golden.kept, golden.gained, golden.lost],
        golden.keptMass / golden.absoluteMass,
      ],
      EXACT,
    );
    expect(conservationError).toBeLessThan(1e-15);
    expectClose(inputFlow, flat(golden.inputFlow), EXACT);
    expectClose(
      layers.map(({ flow }) => flow),
      golden.unitFlow.map(rewriting === "units reversed" ? reversed : flat),
      EXACT,
    );
    expectClose(residualProfile ?? [], golden.residualPolynomial ?? [], EXACT);
    for (const which of ["keptByInput", "gainedByInput", "lostByInput"] as const) {
      expectClose(reference[which], flat(golden[which]), EXACT);
    }
  });
});
