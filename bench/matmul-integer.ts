import { create, toBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  ValueInfoProtoSchema,
} from "../src/graph/onnx/onnx_pb.ts";

/**
 * Milliseconds of ONNX Runtime's `MatMulInteger` for the overlaps of one layer, the least of many runs on one thread.
 * @param gates `[count, units]`, 0 or 1
 */
export async function matMulIntegerTime(gates: Uint8Array, count: number, units: number): Promise<number> {
  const value = (name: string, elemType: TensorProto_DataType) =>
    create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: { elemType } } } });
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: 13n })],
    graph: create(GraphProtoSchema, {
      name: "overlaps",
      node: [create(NodeProtoSchema, { opType: "MatMulInteger", input: ["a", "b"], output: ["c"] })],
      input: [value("a", TensorProto_DataType.UINT8), value("b", TensorProto_DataType.UINT8)],
      output: [value("c", TensorProto_DataType.INT32)],
    }),
  });
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), {
    intraOpNumThreads: 1,
    executionProviders: ["cpu"],
  });
  try {
    const transposed = Uint8Array.from(
      { length: gates.length },
      (_, i) => gates[(i % count) * units + Math.floor(i / count)]!,
    );
    const feeds = {
      a: new Tensor("uint8", gates, [count, units]),
      b: new Tensor("uint8", transposed, [units, count]),
    };
    const times: number[] = [];
    for (let i = 0; i < 25; i++) {
      const before = performance.now();
      await session.run(feeds);
      times.push(performance.now() - before);
    }
    return Math.min(...times);
  } finally {
    await session.release();
  }
}
