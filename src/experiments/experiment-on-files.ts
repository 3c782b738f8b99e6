/** A comparison of the papers, or of one's own, on files of one's own. */
import { GatewiseError } from "../errors.ts";
import { type Architecture, type Layer, skeletonOf } from "../network/index.ts";
import type { ArmExperiment, ArmProfile } from "./arm-experiment.ts";
import type { DataDescription } from "./data-options.ts";
import { type Profile, settingsOf, type TrainingSettings } from "./protocol.ts";
import type { RegimeExperiment } from "./regime-experiment.ts";
import { ownFilesOf } from "./resolved-training.ts";

/**
 * The same protocol on other data: its networks read their inputs and have an output for each of their classes. Published
 * figures are of other data, and left out. It is a definition of its own, which its folder keeps whole: files that have changed
 * are another experiment.
 * @param described of files of one's own, as `describeData` gives it
 * @throws GatewiseError for real values, and inputs that the experiment's networks cannot read
 */
export function experimentOnFiles<E extends RegimeExperiment | ArmExperiment>(
  experiment: E,
  described: DataDescription,
): E;
export function experimentOnFiles(
  experiment: RegimeExperiment | ArmExperiment,
  described: DataDescription,
): RegimeExperiment | ArmExperiment {
  if (described.words.kind === "values") {
    throw new GatewiseError({
      received: `${described.name}, whose targets are real values`,
      expected: "classes: an experiment compares accuracies",
      next: "give data of classes, or train on these alone",
    });
  }
  const words = { title: `${experiment.title}; here on ${described.name}` };
  if (experiment.kind === "regimes") {
    const { quick, full } = experiment.profiles;
    const profiles = { quick: profileOn(experiment, quick, described), full: profileOn(experiment, full, described) };
    return { ...experiment, ...words, profiles, published: {} };
  }
  const { quick, full } = experiment.profiles;
  const profiles = { quick: armsOn(experiment, quick, described), full: armsOn(experiment, full, described) };
  return { ...experiment, ...words, profiles };
}

const armsOn = (protocol: TrainingSettings, profile: ArmProfile, described: DataDescription): ArmProfile => ({
  ...profile,
  ...profileOn(protocol, profile, described),
  arms: profile.arms.map(({ published: _, ...arm }) => arm),
});

function profileOn<P extends Profile>(protocol: TrainingSettings, profile: P, described: DataDescription): P {
  const { name, normalization, inBlocks } = described;
  const own = ownFilesOf(described);
  return {
    ...profile,
    data: name,
    ...(own === undefined ? {} : { own }),
    instead: {
      ...profile.instead,
      architecture: architectureOn(settingsOf(protocol, profile).architecture, described),
      ...(normalization === undefined ? {} : { normalization }),
      ...(inBlocks ? { order: "shuffled-in-blocks" } : {}),
    },
  };
}

/** With inputs of another shape, and as many units in its last layer as there are classes. */
function architectureOn(architecture: Architecture, { name, inputShape, words }: DataDescription): Architecture {
  if (!("layers" in architecture)) throw unfit(name, inputShape);
  const { layers } = architecture;
  const last = layers.at(-1);
  if (last?.kind !== "dense") throw unfit(name, inputShape);
  const first = layers[0];
  const shape = readsMaps(first) && inputShape.length === 2 ? [1, ...inputShape] : inputShape;
  const changed = { inputShape: shape, layers: [...layers.slice(0, -1), { ...last, units: words.names.length }] };
  try {
    skeletonOf(changed);
    return changed;
  } catch (thrown) {
    throw thrown instanceof GatewiseError ? unfit(name, inputShape, thrown) : thrown;
  }
}

const readsMaps = (layer: Layer | undefined): boolean => layer !== undefined && layer.kind !== "dense";

const unfit = (name: string, shape: readonly number[], cause?: GatewiseError): GatewiseError =>
  new GatewiseError({
    received: `${name}, with inputs of shape [${shape.join(", ")}]${cause === undefined ? "" : `: ${cause.received}`}`,
    expected: "inputs that the experiment's networks read, whose last layer is dense",
    next: "choose another experiment, or train with an architecture of your own, by `arch`",
    ...(cause === undefined ? {} : { cause }),
  });
