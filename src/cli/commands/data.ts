import { DATASET_NAMES } from "../../data/index.ts";
import type { DefineCommand } from "../command.ts";
import { DATA_CHOICES, withFileOptions, withNormalizationOptions } from "../data-options.ts";

export const dataCommand: DefineCommand = (program, act) => {
  const data = program
    .command("data")
    .summary("list, fetch, verify and check data sets")
    .description("Lists, fetches and verifies data sets, and checks files of your own.")
    .addHelpText("after", "\nExample:\n  $ gatewise data list");
  const dataDir = ["--data-dir <dir>", "where the data set is looked for first, and fetched to"] as const;

  const list = data
    .command("list")
    .description("Lists the data sets, and where they are found.")
    .option(...dataDir)
    .addHelpText("after", "\nExample:\n  $ gatewise data list");
  act(list, async () => (await import("../actions/data.ts")).listData);

  const fetch = data
    .command("fetch")
    .description("Downloads a data set from its well-known mirrors, checks its digest, and keeps it in the cache.")
    .argument("<name>", DATASET_NAMES.join(", "))
    .option(...dataDir)
    .addHelpText("after", "\nExample:\n  $ gatewise data fetch mnist");
  act(fetch, async () => (await import("../actions/data.ts")).fetchData);

  const verify = data
    .command("verify")
    .description("Checks the files of a data set against the published ones.")
    .argument("<name>", DATASET_NAMES.join(", "))
    .option(...dataDir)
    .addHelpText("after", "\nExample:\n  $ gatewise data verify mnist");
  act(verify, async () => (await import("../actions/data.ts")).verifyData);

  const check = data
    .command("check")
    .description(
      "Reads data whole and tells shapes, classes, ranges, constant features, duplicates, and what train would do.",
    )
    .argument("<data>", DATA_CHOICES)
    .option(...dataDir)
    .addHelpText("after", "\nExample:\n  $ gatewise data check flowers.csv --label species");
  withNormalizationOptions(withFileOptions(check));
  act(check, async () => (await import("../actions/data-check.ts")).check);
};
