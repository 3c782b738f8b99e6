import { once } from "node:events";
import { GatewiseError } from "../../errors.ts";
import { parseWhole } from "../../parse-value.ts";
import { modelFiles } from "../../runs/node/index.ts";
import type { CliContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { note, printResult } from "../output.ts";
import { inStages } from "../stages.ts";
import { openBrowser } from "../studio/open-browser.ts";
import { serveStudio } from "../studio/serve.ts";

interface StudioOptions {
  readonly port?: string;
  readonly open: boolean;
}

interface StudioRequest {
  readonly model: string | undefined;
  readonly port: number;
  readonly open: boolean;
}

export const studio = inStages(
  (_, model: string | undefined, { port, open }: StudioOptions): StudioRequest => ({
    model,
    port: port === undefined ? 0 : readPort(port),
    open,
  }),
  runStudio,
);

const LAST_PORT = 65_535;

function readPort(text: string): number {
  const port = parseWhole("--port", text, 0);
  if (port <= LAST_PORT) return port;
  throw new GatewiseError({
    received: `--port ${text}`,
    expected: `at most ${LAST_PORT}`,
    next: "leave it out: a free one is taken",
  });
}

async function runStudio({ model, port, open }: StudioRequest, context: CliContext): Promise<ExitCode> {
  const files = model === undefined ? [] : await modelFiles(model);
  await using server = await serveStudio(files, port);
  printResult(context, { address: server.address, files: files.map(({ name }) => name) }, () => server.address);
  if (open && !(await openBrowser(server.address, context.environment))) {
    note(context, "no browser was found: open the address above in one on this machine");
  }
  note(context, "Ctrl-C ends it");
  if (!context.signal.aborted) await once(context.signal, "abort");
  return EXIT.done;
}
