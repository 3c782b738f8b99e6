import { readdirSync, readlinkSync, rmSync } from "node:fs";
import { codeOf } from "../errors.ts";

/**
 * Ends processes at once, wherever they are, and takes away the files that they had not finished.
 * @param files that go with them
 */
export function endHard(pids: readonly number[], files: readonly string[] = []): void {
  // stopped first: what is open then is open when they end
  for (const pid of pids) strike(pid, "SIGSTOP");
  const unfinished = pids.flatMap(unfinishedFiles);
  for (const pid of pids) strike(pid, "SIGKILL");
  for (const file of [...unfinished, ...files]) rmSync(file, { force: true });
}

function strike(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if (codeOf(thrown) !== "ESRCH") throw thrown;
  }
}

/** Temporary names that a process holds open, where the system tells (Linux); what stays is overwritten by the next try. */
function unfinishedFiles(pid: number): readonly string[] {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).flatMap((name) => {
      const file = readlinkSync(`${folder}/${name}`);
      return file.startsWith("/") && file.endsWith(".tmp") ? [file] : [];
    });
  } catch {
    return [];
  }
}
