/** A network from the files that a user has given: an ONNX model with the files of its weights, or a run directory. */
import { FOREIGN_NAMES, foreignFormat } from "../../data/index.ts";
import { GatewiseError } from "../../errors.ts";
import { externalFiles, openOnnx } from "../../graph/index.ts";
import { type GatedNetwork, networkFromOnnx, type OnnxNetworkOptions } from "../../network/index.ts";
import type { GivenFile, ModelChoice, OpenQuestion } from "./topics.ts";

export interface OpenedNetwork {
  readonly name: string;
  readonly kind: "onnx" | "run";
  readonly network: GatedNetwork;
}

const EXPECTED = "an .onnx file with the files of its weights, or a run directory";

/** @throws GatewiseError for files that are no model, and for what no gated network has, naming the node */
export async function openNetwork({ files, choice }: OpenQuestion): Promise<OpenedNetwork> {
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
  return {
    name: baseOf(model.name),
    kind: "onnx",
    network: networkFromOnnx(file, { externalData: data, ...chosen(choice) }),
  };
}

/** @throws GatewiseError for an input that is set to no number */
function chosen({ output, input, set }: ModelChoice): OnnxNetworkOptions {
  const settings = set.split(/[\s,]+/).filter((one) => one !== "");
  const values = settings.map((one) => {
    const at = one.lastIndexOf("=");
    const value = Number(one.slice(at + 1));
    if (at > 0 && at < one.length - 1 && Number.isFinite(value)) return [one.slice(0, at), value] as const;
    throw new GatewiseError({
      received: `${JSON.stringify(one)} among the other inputs`,
      expected: "a name and a number: mask=1",
      next: "inputs that are arrays are set on the command line",
    });
  });
  return {
    ...(output === "" ? {} : { output: /^\d+$/.test(output) ? Number(output) : output }),
    ...(input === "" ? {} : { input }),
    ...(values.length === 0 ? {} : { set: Object.fromEntries(values) }),
  };
}

const baseOf = (name: string): string => name.replace(/^.*\//, "");

function namesOf(files: readonly GivenFile[]): string {
  const [first] = files;
  if (first === undefined) return "no file";
  return files.length === 1 ? first.name : `${first.name} and ${files.length - 1} more`;
}
