import { codeOf, firstFailure, GatewiseError } from "../../errors.ts";

/** What the system's codes mean for somebody whose data are read or written. */
const MEANINGS: ReadonlyMap<string, { readonly is: string; readonly next: string }> = new Map([
  ["ENOENT", { is: "does not exist", next: "check the path" }],
  ["EACCES", { is: "permission denied", next: "give yourself the right to it, or use another folder" }],
  ["EPERM", { is: "permission denied", next: "give yourself the right to it, or use another folder" }],
  ["EROFS", { is: "lies on a read-only file system", next: "use another folder" }],
  ["ENOTDIR", { is: "a part of the path is not a directory", next: "give a folder" }],
  ["EEXIST", { is: "a file, not a directory", next: "give a folder" }],
  ["EISDIR", { is: "a directory", next: "give a file of this name, or remove the directory" }],
  ["ERR_FS_FILE_TOO_LARGE", { is: "larger than 2 GiB", next: "give a part of it: files are read whole" }],
  [
    "EIO",
    {
      is: "input/output error of the disk or the network",
      next: "check the disk, then go on: what was written before stays",
    },
  ],
  [
    "ESTALE",
    {
      is: "gone from under this process (stale file handle)",
      next: "its server has removed or moved it: check the mount, then go on: what was written before stays",
    },
  ],
  ["ENOSPC", { is: "no space left on the disk", next: "free some space and try again: nothing is lost" }],
]);

/**
 * A failed file operation as the user's error; anything that the system did not say is a bug of ours and returned as is.
 * @param expected what the operation needed: `a readable file`
 */
export function fileError(failure: unknown, path: string, expected: string): unknown {
  const thrown = firstFailure(failure);
  const code = codeOf(thrown);
  const meaning = MEANINGS.get(code ?? "");
  // other codes of Node itself (ERR_INVALID_ARG_TYPE, …) tell of a wrong call
  if (code === undefined || (meaning === undefined && code.startsWith("ERR_"))) return thrown;
  const { is, next } = meaning ?? { is: code, next: "check the path and the disk" };
  const kind = code === "ENOENT" ? "file-not-found" : "file-access";
  return new GatewiseError({ code: kind, received: `${path}: ${is}`, expected, next, cause: thrown });
}
