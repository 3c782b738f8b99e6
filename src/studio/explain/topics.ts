/** What Explain asks its worker, and what it is told. All of it is plain data. */
import type { Topic } from "../desk/protocol.ts";

/** A file as its user has it; those of a folder have their place in it as name. */
export interface GivenFile {
  readonly name: string;
  readonly bytes: ArrayBuffer;
}

export interface OpenQuestion {
  /** A model with the files of its weights, or the files of a run; none for the network that the page carries. */
  readonly files: readonly GivenFile[];
  readonly choice: ModelChoice;
}

/** What is taken of an ONNX model of several inputs or outputs, each as its user has written it; empty for what is plain. */
export interface ModelChoice {
  /** The output's name or number, or the name of a tensor inside. */
  readonly output: string;
  /** The input that examples come through. */
  readonly input: string;
  /** The other inputs: `mask=1, scale=0.5`. */
  readonly set: string;
}

/** A model that is open. */
export interface OpenedModel {
  readonly name: string;
  readonly kind: "onnx" | "run" | "start";
  readonly choice: ModelChoice;
  readonly inputShape: readonly number[];
  readonly outputs: number;
  readonly layers: readonly LayerWords[];
  readonly columns: readonly ColumnWords[];
  readonly parameters: number;
  /** Of paths to one output. */
  readonly log2Paths: number;
}

/** Gates or a max-pool. */
export interface LayerWords {
  readonly name: string;
  readonly position: number;
  /** `[units]`, or `[channels, height, width]`. */
  readonly shape: readonly number[];
  readonly kind: "gates" | "max-pool";
}

/** A layer as the picture of the active sub-network has it: units of a vector, channels of maps. */
export interface ColumnWords {
  readonly name: string;
  readonly units: number;
  /** Which of {@link OpenedModel.layers} it is; undefined for input and output. */
  readonly layer: number | undefined;
}

export interface LookQuestion {
  readonly input: Float64Array;
  /** The one with the largest logit unless told. */
  readonly output: number | undefined;
  readonly against: number | undefined;
  /** Units closed by hand: of a layer (from 0), a unit or a channel. */
  readonly closed: readonly ClosedUnit[];
  /** Another input, of which the difference is asked. */
  readonly reference: Float64Array | undefined;
}

export interface ClosedUnit {
  readonly layer: number;
  readonly unit: number;
}

export type LookPart = FlowPart | PathsPart | ComparePart;

/** What is there first, and together, so that it is of one input: outputs, gates, the flow through everything and between the columns. */
export interface FlowPart {
  readonly stage: "flow";
  readonly logits: Float64Array;
  readonly output: number;
  readonly against: number | undefined;
  readonly value: number;
  readonly mass: number;
  readonly fromInputs: number;
  readonly fromBiases: number;
  readonly inputFlow: Float64Array;
  readonly layers: readonly LayerPart[];
  readonly conservationError: number;
  /** By column, what flows through each unit or channel. */
  readonly columns: readonly Float64Array[];
  /** The edges that most flows over, between columns. */
  readonly edges: readonly DrawnEdge[];
}

export interface LayerPart {
  /** Of each unit its gate, 0 to 1; of a max-pool 1 where a unit passes. */
  readonly gates: Float32Array;
  readonly flow: Float64Array;
}

/** An edge between units of two columns; of maps all edges between two channels together. */
export interface DrawnEdge {
  readonly from: { readonly column: number; readonly unit: number };
  readonly to: { readonly column: number; readonly unit: number };
  readonly flow: number;
}

export interface PathWords {
  readonly contribution: number;
  /** `12 → 3 → 7`, each with its layer. */
  readonly units: readonly string[];
  readonly start: string;
}

export interface PathsPart {
  readonly stage: "paths";
  readonly top: readonly PathWords[];
  /** Of the absolute mass of all paths. */
  readonly topShare: number;
  readonly log2ActivePaths: number;
  readonly effectivePaths: number;
  readonly participation: number;
}

export interface ComparePart {
  readonly stage: "compare";
  readonly referenceLogits: Float64Array;
  readonly value: number;
  readonly kept: number;
  readonly gained: number;
  readonly lost: number;
  readonly keptMassShare: number;
  readonly keptByInput: Float64Array;
  readonly gainedByInput: Float64Array;
  readonly lostByInput: Float64Array;
  /** Gates that differ, by layer: how many, and of how many. */
  readonly flipped: readonly { readonly flipped: number; readonly units: number }[];
  /** The gates that carry most of the difference. */
  readonly gates: readonly {
    readonly layer: string;
    readonly unit: number;
    readonly gained: number;
    readonly lost: number;
  }[];
}

export interface UnitQuestion {
  readonly column: number;
  readonly unit: number;
}

export interface UnitPart {
  readonly incoming: readonly DrawnEdge[];
  readonly outgoing: readonly DrawnEdge[];
}

export interface ExamplesQuestion {
  /** `[n, …inputShape]`; those that the page carries where none are given. */
  readonly inputs: Float64Array | undefined;
  readonly count: number;
}

export interface NeighborsQuestion {
  readonly input: Float64Array;
  readonly examples: Float64Array;
  readonly count: number;
}

export interface NeighborsPart {
  readonly neighbors: readonly {
    readonly example: number;
    readonly similarity: number;
    readonly sharedGates: number;
  }[];
}

export interface KernelQuestion {
  readonly examples: Float64Array;
  readonly count: number;
}

export interface KernelPart {
  /** `[count, count]`, as it is; its picture shows it by the diagonal. */
  readonly kernel: Float64Array;
}

export type ExplainTopics = {
  readonly "explain.open": Topic<OpenQuestion, OpenedModel>;
  readonly "explain.look": Topic<LookQuestion, LookPart>;
  readonly "explain.unit": Topic<UnitQuestion, UnitPart>;
  readonly "explain.neighbors": Topic<NeighborsQuestion, NeighborsPart>;
  readonly "explain.kernel": Topic<KernelQuestion, KernelPart>;
};
