import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { codeOf } from "../errors.ts";

/**
 * Ends processes at once, wherever they are, and takes away the files that they had not finished.
 * @param locks that go with them: what stands in each file while it is theirs
 */
export function endHard(pids: readonly number[], locks: ReadonlyMap<string, string> = new Map()): void {
  // stopped first: what is open then is open when they end
  for (const pid of pids) strike(pid, "SIGSTOP");
  const unfinished = pids.flatMap(unfinishedFiles);
  for (const pid of pids) strike(pid, "SIGKILL");
  const own = [...locks].flatMap(([file, id]) => (holds(file, id) ? [file] : []));
  for (const file of [...unfinished, ...own]) rmSync(file, { force: true });
}

/** A lock may have been taken over while its process was stopped. */
function holds(file: string, id: string): boolean {
  try {
    return readFileSync(file, "utf8").includes(id);
  } catch {
    return false;
  }
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
