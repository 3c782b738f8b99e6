import { readTrainingOptions } from "../../experiments/index.ts";
import { type CheckedData, checkData } from "../../runs/node/index.ts";
import type { CliContext } from "../context.ts";
import { dataScratch } from "../data-scratch.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inFlags } from "../in-flags.ts";
import { flagOf } from "../options.ts";
import { note, printResult } from "../output.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface CheckOptions extends Readonly<Record<string, unknown>> {
  readonly dataDir?: string;
}

export const check = inStages(
  (_, data: string, { dataDir, json: __, ...written }: CheckOptions) => ({
    options: readTrainingOptions({ ...written, data }, flagOf),
    dataDir,
  }),
  async ({ options, dataDir }, context: CliContext): Promise<ExitCode> => {
    const { environment, cacheDir } = context;
    await using scratch = await dataScratch(options.data, cacheDir);
    const places = { ...(dataDir === undefined ? {} : { dataDir }), environment, cacheDir };
    const found = await checkData(options, places, scratch);
    for (const text of found.told) note(context, shown(inFlags(text)));
    printResult(context, jsonOf(found), () => formatTable([{ title: "what" }, { title: "found" }], rowsOf(found)));
    return EXIT.done;
  },
);

function jsonOf({ plan, words, features, told: _, ...found }: CheckedData) {
  const { architecture, loss, normalization, targets, order } = plan;
  return {
    ...found,
    targets: words,
    constantFeatures: found.constant.map((i) => features?.[i] ?? i),
    training: { architecture, loss, normalization: normalization ?? null, targetScale: targets ?? null, order },
  };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
/** A name with a comma in it would pass for two. */
const quotedIfMany = (name: string | number): string => (/,/.test(String(name)) ? JSON.stringify(name) : String(name));
const some = (names: readonly (string | number)[]): string =>
  `${names.slice(0, 6).map(quotedIfMany).join(", ")}${names.length > 6 ? ", …" : ""}`;

function rowsOf(found: CheckedData): readonly (readonly [string, string])[] {
  const { words, train, test, isSplit, features, constant, duplicates, least, greatest, mean, deviation } = found;
  const named = constant.map((i) => features?.[i] ?? i);
  return [
    ["examples", `${train} training, ${test} test${isSplit ? " (split off)" : ""}`],
    ["inputs", `${found.dtype} of shape [${found.inputShape.join(", ")}], all finite`],
    ["range", `${short(least)} to ${short(greatest)}, mean ${short(mean)}, deviation ${short(deviation)}`],
    ["constant elements", constant.length === 0 ? "none" : `${constant.length}: ${some(named)}`],
    ["targets", targetsIn(found)],
    ...(words.kind === "values" ? [] : [["examples a class", classesIn(found)] as const]),
    ["equal inputs", duplicates === undefined ? "too many examples to look" : duplicatesIn(duplicates)],
    ["train would", trainingOn(found)],
  ];
}

function targetsIn({ words, plan: { targets } }: CheckedData): string {
  if (words.kind === "classes") return `${words.names.length} classes: ${some(words.names)}`;
  const scale = targets?.mean.map((one, i) => `mean ${short(one)}, deviation ${short(targets.std[i] ?? 1)}`) ?? [];
  return `real values ${words.names.map((name, i) => `${name} (${scale[i] ?? ""})`).join("; ")}`;
}

function classesIn({ classes }: CheckedData): string {
  const counts = classes.map(({ train }) => train);
  const missing = classes.filter(({ test }) => test === 0).length;
  const [least, most] = [counts.reduce((a, b) => Math.min(a, b)), counts.reduce((a, b) => Math.max(a, b))];
  return `${least === most ? least : `${least} to ${most}`} in training${missing === 0 ? "" : `; ${missing} without a test example`}`;
}

const duplicatesIn = ({ inBoth, withinTraining, otherTarget }: NonNullable<CheckedData["duplicates"]>): string =>
  inBoth + withinTraining === 0
    ? "none"
    : `${inBoth} test examples are in training${otherTarget === 0 ? "" : `, ${otherTarget} of them with another target`}; ${withinTraining} training examples twice`;

function trainingOn({ plan, dtype }: CheckedData): string {
  const { normalization, loss, order } = plan;
  const inputs =
    normalization === undefined
      ? dtype === "uint8"
        ? "bytes scaled by 1/255"
        : "inputs as they are"
      : normalization.factor.length === 1 && normalization.shift[0] === 0
        ? `inputs times ${short(normalization.factor[0] ?? 1)}`
        : `inputs normalized (${normalization.factor.length} factors)`;
  const how = loss === "mean-squared-error" ? "the mean squared error of scaled values" : "softmax cross-entropy";
  return `take ${inputs}, lower ${how}${order === "shuffled-in-blocks" ? ", read the file by blocks" : ""}`;
}
