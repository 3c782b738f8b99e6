import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** What opens an address with what its user has chosen for addresses. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["/usr/bin/open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * Opens an address in the user's browser.
 * @returns whether there is one: on Linux there must be a screen and `xdg-open`
 */
export async function openBrowser(address: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  const opener = OPENERS[process.platform] ?? (await linuxOpener(environment));
  const [command, ...words] = opener ?? [];
  if (command === undefined) return false;
  const child = spawn(command, [...words, address], { stdio: "ignore", detached: true });
  const started = await new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  child.unref();
  return started;
}

async function linuxOpener({
  DISPLAY,
  WAYLAND_DISPLAY,
  PATH = "",
}: NodeJS.ProcessEnv): Promise<readonly string[] | undefined> {
  if (DISPLAY === undefined && WAYLAND_DISPLAY === undefined) return undefined;
  for (const folder of PATH.split(delimiter)) {
    const command = join(folder, "xdg-open");
    const found = await access(command, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return [command];
  }
  return undefined;
}
