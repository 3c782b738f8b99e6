import { GatewiseError } from "../../errors.ts";

/** How every pointer of Git LFS starts (github.com/git-lfs/git-lfs/blob/main/docs/spec.md). */
const START = "version https://git-lfs.github.com/spec/";

/**
 * Refuses the small text that a clone without Git LFS has in place of a large file.
 * @param bytes the file, or its first 64 bytes
 */
export function refusePointer(bytes: Uint8Array, path: string): void {
  if (new TextDecoder("latin1").decode(bytes.subarray(0, START.length)) !== START) return;
  throw new GatewiseError({
    code: "unsupported-file",
    received: `${path}: a Git LFS pointer, not the file that it stands for`,
    expected: "the file itself",
    next: 'run "git lfs pull" in its repository, or download the file from its page',
  });
}
