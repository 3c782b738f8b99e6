/** A network from the files that a user has given: an ONNX model with the files of its weights, or a run directory. */
import { FOREIGN_NAMES, foreignFormat } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import { externalFiles, openOnnx } from "../../graph/index.ts";
import { type GatedNetwork, networkFromOnnx } from "../../network/index.ts";
import type { GivenFile } from "./topics.ts";

export interface OpenedNetwork {
  readonly name: string;
  readonly kind: "onnx" | "run";
  readonly network: GatedNetwork;
}

const EXPECTED = "an .onnx file with the files of its weights, or a run directory";

/** @throws GatewiseError for files that are no model, and for what no gated network has, naming the node */
export async function openNetwork(files: readonly GivenFile[]): Promise<OpenedNetwork> {
  const record = files.find(({ name }) => baseOf(name) === "run.json");
  if (record !== undefined) {
    // read when it is wanted: most of what runs are made of is of no use to a model
    const { runNetwork } = await import("./run-network.ts");
    const folder = record.name.slice(0, -"run.json".length);
    return { name: folder.replace(/\/$/, "") || "run", kind: "run", network: await runNetwork(files, folder) };
  }
  const models = files.filter(({ name }) => /\.onnx$/i.test(name));
  const model = models.length === 1 ? models[0] : files.length === 1 ? files[0] : undefined;
  if (model === undefined) {
    throw new GatewiseError({
      received: models.length > 1 ? `${models.length} models at once` : namesOf(files),
      expected: EXPECTED,
      next: models.length > 1 ? "open one of them" : "open the model's file together with those beside it",
    });
  }
  const format = foreignFormat(new Uint8Array(model.bytes));
  if (format !== undefined) {
    throw new GatewiseError({
      code: "unsupported-file",
      received: `${model.name}: ${FOREIGN_NAMES[format]}`,
      expected: EXPECTED,
      next: "export the model as ONNX; arrays and images are opened with Open input",
    });
  }
  const file = openOnnx(model.bytes);
  const folder = model.name.slice(0, -baseOf(model.name).length);
  const data = new Map<string, ArrayBuffer>();
  for (const { location, tensor } of externalFiles(file)) {
    const beside =
      files.find(({ name }) => name === folder + location) ?? files.find(({ name }) => name === baseOf(location));
    if (beside === undefined) {
      throw new GatewiseError({
        code: "file-not-found",
        received: `${tensor} with its data in the file ${JSON.stringify(location)}, which was not opened`,
        expected: "the files of the weights beside the model",
        next: "open the model and that file together",
      });
    }
    data.set(location, beside.bytes);
  }
  return { name: baseOf(model.name), kind: "onnx", network: networkFromOnnx(file, { externalData: data }) };
}

const baseOf = (name: string): string => name.replace(/^.*\//, "");

function namesOf(files: readonly GivenFile[]): string {
  const [first] = files;
  if (first === undefined) return "no file";
  return files.length === 1 ? first.name : `${first.name} and ${files.length - 1} more`;
}
