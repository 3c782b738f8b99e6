/** `gates --nearest` and `gates --towards`: where the gates of one example flip. */
import { GatewiseError } from "../errors.ts";
import type { InputExamples, Model } from "../models/index.ts";
import { parseWhole } from "../parse-value.ts";
import { readArray } from "../runs/node/index.ts";
import type { CliContext } from "./context.ts";
import { exampleOf } from "./example-of.ts";
import { flipsText, nearestText } from "./flips-text.ts";
import { printResult } from "./output.ts";
import { withStages } from "./progress.ts";

/** The options of both, as they are typed. */
export interface FlipOptions {
  readonly example?: string;
  readonly nearest?: string;
  readonly towards?: string;
}

/** What is asked of one example. */
export interface FlipRequest {
  readonly example: number;
  /** How many units are listed. */
  readonly nearest: number | undefined;
  /** An example of the same file, or a file. */
  readonly towards: number | string | undefined;
}

/** @param others options of `gates` that say nothing of one example: what is given of them is refused */
export function readFlips(
  { example, nearest, towards }: FlipOptions,
  others: Readonly<Record<string, unknown>>,
): FlipRequest | undefined {
  const flag = nearest === undefined ? "--towards" : "--nearest";
  if (nearest === undefined && towards === undefined) {
    if (example === undefined) return undefined;
    throw new GatewiseError({
      received: `--example ${example} without --nearest or --towards`,
      expected: "a question about one example",
      next: "add one of them, or leave --example out",
    });
  }
  const given = Object.keys(others).find((name) => others[name] !== undefined);
  if (given !== undefined || (nearest !== undefined && towards !== undefined)) {
    throw new GatewiseError({
      received: `${flag} with --${given ?? "towards"}`,
      expected: "one question at a time",
      next: "leave one of them out",
    });
  }
  const isExample = towards !== undefined && /^-?\d+$/.test(towards);
  return {
    example: parseWhole("--example", example ?? "0", 0),
    nearest: nearest === undefined ? undefined : parseWhole("--nearest", nearest, 1),
    towards: isExample ? parseWhole("--towards", towards, 0) : towards,
  };
}

export async function tellFlips(
  model: Model,
  inputs: InputExamples,
  { example, nearest, towards }: FlipRequest,
  file: string,
  context: CliContext,
): Promise<void> {
  const one = exampleOf("--example", inputs, example, file);
  const { signal } = context;
  if (nearest !== undefined) {
    const found = await withStages(context, (onProgress) =>
      model.nearestFlips(one, { top: nearest, onProgress, signal }),
    );
    printResult(context, { example, ...found }, () => nearestText(example, found));
    return;
  }
  const other =
    typeof towards === "number" ? exampleOf("--towards", inputs, towards, file) : await readArray(towards ?? "");
  const found = await withStages(context, (onProgress) => model.flipsBetween(one, other, { onProgress, signal }));
  const { flips, layers } = found;
  printResult(context, { example, towards, count: flips.length, layers, flips }, () =>
    flipsText(`example ${example} to ${typeof towards === "number" ? `example ${towards}` : towards}`, found),
  );
}
