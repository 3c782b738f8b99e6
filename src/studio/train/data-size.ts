/** How large data may be that a page opens: looked at before they are read. */
import { GatewiseError } from "../../errors.ts";

/** MNIST, unpacked, is 55 MB, CIFAR 180; two workers hold them. */
export const MOST_BYTES = 2 ** 28;

interface SizedFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

/** @throws GatewiseError for files that are too large together */
export function checkSize(files: readonly SizedFile[]): void {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  if (bytes <= MOST_BYTES) return;
  throw new GatewiseError({
    code: "too-large",
    received: `${files.map(({ name }) => name).join(", ")} of ${Math.round(bytes / 1e6)} MB`,
    expected: `at most ${Math.round(MOST_BYTES / 1e6)} MB in a page`,
    next: "open fewer files; the command takes data of any size",
  });
}
