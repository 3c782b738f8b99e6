import type { DefineCommand } from "../command.ts";

export const studioCommand: DefineCommand = (program, act) => {
  const command = program
    .command("studio")
    .summary("a page in the browser: explain a model as you draw, train, look at the plane")
    .description(
      "Serves the studio to this machine alone, from 127.0.0.1, and opens it in a browser where there is one. Nothing leaves the machine; Ctrl-C ends it.",
    )
    .argument("[model]", "an .onnx file or a run directory to look at (default: a small network that is inside)")
    .option("--port <number>", "port to serve from (default: one that is free)")
    .option("--no-open", "opens no browser")
    .addHelpText(
      "after",
      "\nExample:\n  $ gatewise studio runs/fc-digits-relu-seed0\n  $ gatewise studio cnn.onnx --port 8080 --no-open",
    );
  act(command, async () => (await import("../actions/studio.ts")).studio);
};
