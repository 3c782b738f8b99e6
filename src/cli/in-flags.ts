/** The library names options and functions, between backticks; a command line has flags and commands in their place. */

const FLAGS: ReadonlyMap<string, string> = new Map([
  ["arch", "--arch"],
  ["color", "--color"],
  ["drop", "--drop"],
  ["header", "--header"],
  ["keys", "--keys"],
  ["label", "--label"],
  ["labels", "--labels"],
  ["layout", "--layout"],
  ["mean", "--mean"],
  ["scale", "--scale"],
  ["splitSeed", "--split-seed"],
  ["standardize", "--standardize"],
  ["std", "--std"],
  ["targets", "--targets"],
  ["testData", "--test-data"],
  ["testLabels", "--test-labels"],
  ["testShare", "--test-share"],
  ["data", "--data"],
  ["dataDir", "--data-dir"],
  ["device", "--device"],
  ["dryRun", "--dry-run"],
  ["directory", "--out"],
  ["epochs", "--epochs"],
  ["features", "--features R"],
  ["from", "--from"],
  ["init", "--init"],
  ["inputs", "--inputs"],
  ["layerTensors", "gatewise inspect"],
  ["limit", "--limit"],
  ["maxRunning", "--max-running"],
  ["model", "--model"],
  ["path", "--out"],
  ["plan", "--plan DIR"],
  ["pathKernel", '"gatewise npk"'],
  ["resume", "--resume"],
  ["rounds", "--rounds"],
  ["task", "--task"],
  ["tasks", "--tasks"],
  ["template", "--template"],
  ["test", "--test-kernel"],
  ["tile", "--tile N"],
  ["testLimit", "--test-limit"],
  ["writeNeuralPathKernel", "npk --out"],
]);

/** A text of the library as a command line says it. Words between backticks that are no option of a command stay. */
export const inFlags = (text: string): string =>
  text
    .replaceAll(/`fetchDataset\("([^"`]+)"\)`/g, '"gatewise data fetch $1"')
    .replaceAll(/`inputShape: \[([^\]`]*)\]`/g, (_, sizes: string) => `--input-shape ${sizes.replaceAll(" ", "")}`)
    .replaceAll(/`(\w+)`/g, (whole, name: string) => FLAGS.get(name) ?? whole);
