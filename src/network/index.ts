export {
  type Architecture,
  type FullyConnectedOptions,
  featureParameterSpecs,
  fullyConnected,
  gatedLayers,
  type Layer,
  outputsOf,
  type ParameterSpec,
  parameterSpecs,
  placeLayers,
} from "./architecture.ts";
export { featureForward, type ParameterTensors, reluForward, valueForward } from "./forward.ts";
export { gatedNetwork } from "./from-architecture.ts";
export { type ForwardOptions, forwardNodes, heldBy } from "./gated-forward.ts";
export {
  type GatedNetwork,
  type GatedNode,
  type GateNode,
  gatePositions,
  hasHardGates,
  inputShapeOf,
  isWeightNode,
  type MapWindow,
  type NodeOperation,
  outputCount,
  pathInputs,
  pathNodes,
  usedNodes,
  type WeightNode,
  type Weights,
  weightLayers,
} from "./gated-network.ts";
export { type Gate, type GateRule, type Gating, gateOf, passGate } from "./gating.ts";
export { type Initializer, initialize, type NetworkPurpose, type Parameters } from "./initializers.ts";
export { networkFromOnnx, ONNX_OPS } from "./onnx/network-from-onnx.ts";
export {
  initialParameters,
  type NetworkPair,
  type Prediction,
  predict,
  REGIME_NAMES,
  REGIMES,
  type Regime,
  type RegimeName,
  trainedNetworks,
} from "./regimes.ts";
