import { DATASET_NAMES, type DatasetName } from "../../data/index.ts";
import { type FoundDataset, fetchDataset, findDataset, verifyDataset } from "../../data/node/index.ts";
import { parseChoice } from "../../parse-value.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inFlags } from "../in-flags.ts";
import { note, printResult } from "../output.ts";
import { byteProgress } from "../progress.ts";
import { shown } from "../shown.ts";
import { inStages } from "../stages.ts";
import { formatTable } from "../table.ts";

interface PlaceOptions {
  readonly dataDir?: string;
}

const placesOf = ({ dataDir }: PlaceOptions, { environment, cacheDir }: CliContext) => ({
  ...(dataDir === undefined ? {} : { dataDir }),
  environment,
  cacheDir,
});

export const listData = inStages((_, options: PlaceOptions) => options, list);

export const fetchData = inStages(
  (_, name: string, options: PlaceOptions) => ({
    name: parseChoice("data set", name, DATASET_NAMES),
    directory: options.dataDir,
  }),
  fetch,
);

export const verifyData = inStages(
  (_, name: string, options: PlaceOptions) => ({ name: parseChoice("data set", name, DATASET_NAMES), options }),
  verify,
);

async function list(options: PlaceOptions, context: CliContext): Promise<ExitCode> {
  // one after another: together they would fill a small machine's memory
  const found: FoundDataset[] = [];
  for (const name of DATASET_NAMES) {
    const one = await findDataset(name, placesOf(options, context));
    if (one.available && one.notice !== undefined) note(context, shown(one.notice));
    found.push(one.available ? one : { ...one, problem: inFlags(one.problem), hint: inFlags(one.hint) });
  }
  printResult(context, found.map(jsonOf), () =>
    formatTable(
      [
        { title: "data set" },
        { title: "training", align: "right" },
        { title: "test", align: "right" },
        { title: "where" },
      ],
      found.map((one) =>
        one.available
          ? [one.name, String(one.examples.train), String(one.examples.test), one.source]
          : [one.name, "–", "–", `not here: ${one.hint}`],
      ),
    ),
  );
  return EXIT.done;
}

function jsonOf(found: FoundDataset) {
  if (!found.available) return found;
  const { name, available, examples, ...others } = found;
  return { name, available, ...examples, ...others };
}

async function fetch(
  { name, directory }: { readonly name: DatasetName; readonly directory: string | undefined },
  context: CliContext,
): Promise<ExitCode> {
  const bars = byteProgress(context);
  try {
    const files = await fetchDataset(name, {
      directory: directory ?? context.cacheDir,
      signal: context.signal,
      progress: ({ file, receivedBytes, totalBytes }) => bars.update(file, receivedBytes, totalBytes),
    });
    bars.close();
    printResult(context, { name, files }, () =>
      files.length === 0
        ? `${name} comes with the package`
        : formatTable(
            [{ title: "file" }, { title: "bytes", align: "right" }, { title: "checked by" }, { title: "path" }],
            files.map(({ file, bytes, digest, path }) => [file, String(bytes), `published ${digest}`, path]),
          ),
    );
    return EXIT.done;
  } finally {
    bars.close();
  }
}

async function verify(
  { name, options }: { readonly name: DatasetName; readonly options: PlaceOptions },
  context: CliContext,
): Promise<ExitCode> {
  const checks = await verifyDataset(name, placesOf(options, context));
  printResult(context, { name, ok: checks.every(({ ok }) => ok), files: checks }, () =>
    formatTable(
      [{ title: "file" }, { title: "bytes", align: "right" }, { title: "state" }],
      checks.map(({ file, bytes, ok, hashed, problem }) => [
        file,
        String(bytes),
        ok ? (hashed ? "equals the published file" : "reads; no digest to compare with") : (problem ?? "wrong"),
      ]),
    ),
  );
  return checks.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}
