/** What a worker keeps of the model that is open in it. */
import type { Engine } from "../../engine/index.ts";
import { type GatedNetwork, gateOfNode, inputShapeOf, outputCount } from "../../network/index.ts";
import { countPaths, log2BigInt } from "../../paths/index.ts";
import { type Columns, columnsOf, decidedPositions, type flowsBetween } from "./columns.ts";
import type { OpenedModel } from "./topics.ts";

export interface OpenSession {
  readonly network: GatedNetwork;
  /** Starts at the first question that needs it. */
  readonly engine: () => Promise<Engine>;
  /** Positions of gates and max-pools. */
  readonly layers: readonly number[];
  readonly columns: Columns;
  /** Of the latest look. */
  between: ReturnType<typeof flowsBetween>;
}

export function openSession(network: GatedNetwork, openEngine: () => Promise<Engine>): OpenSession {
  const layers = decidedPositions(network);
  let opened: Promise<Engine> | undefined;
  return {
    network,
    engine: () => {
      opened ??= openEngine();
      return opened;
    },
    layers,
    columns: columnsOf(network, layers),
    between: [],
  };
}

export function sessionWords(
  { network, layers, columns }: OpenSession,
  name: string,
  kind: OpenedModel["kind"],
  choice: OpenedModel["choice"],
): OpenedModel {
  return {
    name,
    kind,
    choice,
    inputShape: inputShapeOf(network),
    outputs: outputCount(network),
    layers: layers.map((position) => {
      const node = network.nodes[position];
      return {
        name: node?.name ?? "",
        position,
        shape: node?.shape ?? [],
        kind: gateOfNode(node) === undefined ? "max-pool" : "gates",
      };
    }),
    columns: columns.words,
    parameters: [...new Set(network.nodes.flatMap((node) => ("weight" in node ? [node.weight] : [])))].reduce(
      (sum, weight) => sum + (weight?.data.length ?? 0),
      0,
    ),
    log2Paths: log2BigInt(countPaths(network, 0)),
  };
}
