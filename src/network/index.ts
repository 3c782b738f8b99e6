export {
  type Architecture,
  type ArchitectureNode,
  type ArchitectureNodeFields,
  type ArchitectureNodeKind,
  type ArchitectureRule,
  isGated,
  isLayered,
  isWeightLayer,
  type Layer,
  type LayeredArchitecture,
  type NodeArchitecture,
  type WeightLayer,
} from "./architecture.ts";
export { ArchitectureStructure, readArchitecture } from "./architecture-json.ts";
export { type NetworkParts, partsOfNetwork, readingExamples } from "./architecture-of-network.ts";
export {
  BATCH_NORM_EPSILON,
  type BatchNorm,
  foldBatchNorm,
  foldedArchitecture,
  foldedParameters,
  hasBatchNorm,
} from "./batch-normalization.ts";
export { batchNorms } from "./batch-norms.ts";
export { checkCount, checkOutput, checkWord } from "./checks.ts";
export { gatedNetwork } from "./from-architecture.ts";
export { type FeatureNetwork, featureNetworks } from "./gate-plan.ts";
export type { FeatureKind, GateChoice, GateSource, GivenNetwork } from "./gate-source.ts";
export { type ForwardOptions, forwardNodes, forwardTensors, type TensorOptions } from "./gated-forward.ts";
export type {
  GatedNetwork,
  GatedNode,
  GateNode,
  NetworkParameter,
  NodeFields,
  NodeKindName,
  NodeOperation,
  ParameterUse,
  WeightNode,
  Weights,
} from "./gated-network.ts";
export {
  type Gate,
  type GateKind,
  type GateRule,
  type Gating,
  gateOf,
  isOpen,
  passGate,
  type RuleFields,
} from "./gating.ts";
export { type GivenParameters, type InitialPlan, initialParameters } from "./initial-parameters.ts";
export { type Initializer, initialize, type NetworkPurpose } from "./initializers.ts";
export type { Decision, EdgePattern, PathPower, Places, Starts, VisitInputEdge } from "./kinds/kind.ts";
export { heldAt, type MapWindow, visitWindow, type WindowPlace } from "./map-window.ts";
export {
  gatePositions,
  hasHardGates,
  inputShapeOf,
  isWeightNode,
  outputCount,
  pathNodes,
  usedNodes,
  weightLayers,
} from "./network-nodes.ts";
export {
  allInputs,
  chosenUnits,
  decisionOf,
  edgePattern,
  edgeWeights,
  gateOfNode,
  pathInputs,
  placedNode,
  startsAt,
  visitEdges,
} from "./node-kinds.ts";
export { type Affine, withNormalization, withOutputUnit } from "./normalized-network.ts";
export type { ShapeOptions } from "./onnx/input-plan.ts";
export { networkFromOnnx, ONNX_OPS, type OnnxNetworkOptions } from "./onnx/network-from-onnx.ts";
export type { SetInputs } from "./onnx/network-input.ts";
export { checkParameterCount } from "./parameter-limit.ts";
export type { ParameterSpec } from "./parameter-spec.ts";
export { featureParameterSpecs, gatedLayers, outputsOf, parameterSpecs } from "./parameter-specs.ts";
export { networkParameters } from "./parameters.ts";
export { flatLayers, type PlacedLayer, placeLayers } from "./placed-layers.ts";
export { type Prediction, predict, predictBehind, type TrainingForward } from "./predict.ts";
export { predictionModel, RAW_INPUTS } from "./prediction-model.ts";
export { regimeSkeleton, type TrialSlot } from "./regime-skeleton.ts";
export { checkRegime, type RegimeChoice, type RegimeVariant, regimeOf } from "./regime-variant.ts";
export {
  gatesMove,
  hasOwnGates,
  type NamedRegime,
  PAPER_REGIMES,
  REGIME_NAMES,
  REGIMES,
  type Regime,
  type RegimeName,
} from "./regimes.ts";
export { type ScalarGate, scalarGate, startAt, type Threshold, ZERO } from "./scalar-gates.ts";
export { type Skeleton, skeletonOf } from "./skeleton.ts";
export {
  type ConvolutionalOptions,
  c4gap,
  type FullyConnectedOptions,
  fullyConnected,
  gconv,
  resnet8,
  vconv,
  vgg16,
} from "./standard-architectures.ts";
export { type TrainedGate, trainedGates } from "./trained-gates.ts";
export {
  byName,
  type FeatureName,
  type LayerParameters,
  layersOf,
  mapParameters,
  type ParameterKind,
  type ParameterPlace,
  type ParametersByLayer,
  parameterAt,
  parameterEntries,
  parameterName,
  placeOf,
  type TrialNetwork,
  type TrialParameters,
  trialParameters,
} from "./trial-parameters.ts";
export {
  checkParameters,
  isStatistic,
  type ParameterWords,
  type TrialParameterSpec,
  trainedNetworks,
  trialParameterSpecs,
} from "./trial-specs.ts";
