/** Fits a monitor: which examples it keeps, and what is usual among clean inputs. */
import type { Engine } from "../../engine/index.ts";
import { GatewiseError } from "../../errors.ts";
import { checkInputs, type Inputs, readNetworkGates } from "../../gates/index.ts";
import { checkCount, type GatedNetwork, outputCount } from "../../network/index.ts";
import { logitsOf } from "../logits.ts";
import { type Asking, counter } from "../progress.ts";
import { answersOf, classCount } from "./answers.ts";
import { checkMonitored } from "./check-monitored.ts";
import { coverOf, mostCandidates } from "./cover.ts";
import { closedRates, countOpen } from "./gate-rates.ts";
import type { HeldOutScores, Monitor, MonitorOptions, MonitorReferences } from "./monitor.ts";
import { networkDigest } from "./network-digest.ts";
import { largerOfOwn } from "./quantiles.ts";
import { scoredInputs } from "./scored-inputs.ts";
import { rowsAt, storedInputs } from "./stored-inputs.ts";

const REFERENCES = 50;
/** Of more of them quantiles gain nothing, and rates of gates little. */
const MOST_HELD_OUT = 1000;
/** Of few inputs, this share is held out. */
const HELD_OUT_SHARE = 0.2;

/**
 * A monitor of a network: references of each class, chosen among `inputs` to cover them, and the scores of clean inputs that
 * are no candidates for references.
 * @param inputs `[n, …inputShape]`, familiar ones: those that it was trained on
 * @throws GatewiseError for a network whose gates are not all hard or that has none, inputs that are not of its shape, or too few
 */
export async function fitMonitor(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  options: MonitorOptions = {},
): Promise<Monitor> {
  const { references: wanted = REFERENCES, clean, notes = {} } = options;
  checkMonitored(network);
  checkInputs(network, inputs);
  if (clean !== undefined) checkInputs(network, clean, "clean inputs");
  checkCount("number of references", wanted);
  const [examples = 0] = inputs.shape;
  const held = clean === undefined ? heldOutPlaces(examples, options.heldOut) : refuseBoth(options.heldOut);
  const isHeld = new Set(held);
  const rest = Int32Array.from({ length: examples }, (_, i) => i).filter((i) => !isHeld.has(i));
  const outputs = outputCount(network);
  const { predicted } = answersOf((await logitsOf(network, engine, inputs, options)).data, outputs);
  const chosen = await chooseReferences(network, engine, inputs, { rest, predicted, wanted }, options);
  const own = rowsAt(inputs, chosen);
  const references: MonitorReferences = {
    classes: chosen.map((i) => predicted[i]!),
    examples: chosen,
    gates: await readNetworkGates(network, engine, own, signalOf(options)),
    inputs: storedInputs(own),
  };
  const usual = await usualOf(network, engine, references, clean ?? rowsAt(inputs, held), options);
  return { network: await networkDigest(network), outputs, references, ...usual, notes };
}

const signalOf = ({ signal }: Asking) => (signal === undefined ? {} : { signal });

function refuseBoth(heldOut: number | undefined): Int32Array {
  if (heldOut === undefined) return new Int32Array();
  throw new GatewiseError({
    received: `${heldOut} inputs to hold out beside clean inputs`,
    expected: "clean inputs of their own, or a number of the others that are held out",
    next: "leave one of them out",
  });
}

/** Places that are held out, spread evenly: the first of each stretch. */
function heldOutPlaces(examples: number, asked: number | undefined): Int32Array {
  const count = asked ?? Math.max(1, Math.min(MOST_HELD_OUT, Math.floor(HELD_OUT_SHARE * examples)));
  checkCount("number of held-out inputs", count);
  if (count < examples) return Int32Array.from({ length: count }, (_, i) => Math.floor((i * examples) / count));
  throw new GatewiseError({
    received: `${count} of ${examples} inputs to hold out`,
    expected: "at least one that is left to compare with",
    next: "hold out fewer, or give clean inputs in an array of their own",
  });
}

interface Candidates {
  readonly rest: Int32Array;
  readonly predicted: Int32Array;
  readonly wanted: number;
}

/** Places of the references, class by class, in the order of their choice. */
async function chooseReferences(
  network: GatedNetwork,
  engine: Engine,
  inputs: Inputs,
  { rest, predicted, wanted }: Candidates,
  options: Asking,
): Promise<Int32Array> {
  const classes = classCount(outputCount(network));
  const most = mostCandidates(network, wanted);
  const onProgress = counter(options, "references", "classes");
  const chosen: number[] = [];
  for (let label = 0; label < classes; label++) {
    options.signal?.throwIfAborted();
    const own = rest.filter((i) => predicted[i] === label);
    const count = Math.min(most, own.length);
    const candidates = Int32Array.from({ length: count }, (_, i) => own[Math.floor((i * own.length) / count)]!);
    for (const place of await coverOf(network, engine, inputs, candidates, wanted, options)) chosen.push(place);
    onProgress(label + 1, classes);
  }
  return Int32Array.from(chosen);
}

/** Scores of clean inputs, each rising, and how often each gate is open for them. */
async function usualOf(
  network: GatedNetwork,
  engine: Engine,
  references: MonitorReferences,
  clean: Inputs,
  options: Asking,
): Promise<Pick<Monitor, "heldOut" | "rates">> {
  const [examples = 0] = clean.shape;
  const gates = new Float64Array(examples);
  const softmax = new Float64Array(examples);
  const pixels = new Float64Array(examples);
  const open = closedRates(references.gates);
  for await (const block of scoredInputs(network, engine, references, clean, options)) {
    gates.set(block.score, block.from);
    softmax.set(
      block.doubt.map((doubt) => -doubt),
      block.from,
    );
    pixels.set(block.pixels, block.from);
    countOpen(block.gates, open);
  }
  const heldOut: HeldOutScores = {
    gates: gates.toSorted(),
    softmax: softmax.toSorted(),
    pixels: pixels.toSorted(),
    larger: largerOfOwn(gates, softmax),
  };
  return { heldOut, rates: { examples, open } };
}
