import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CifarName } from "../../src/data/index.ts";

const PIXELS = 3072;

/** One record: its labels, then pixels that tell from which file and record they are, and which pixel each is. */
export const cifarRecord = (labels: readonly number[], seed: number): Uint8Array =>
  Uint8Array.from([...labels, ...Array.from({ length: PIXELS }, (_, pixel) => pixelOf(seed, pixel))]);

export const pixelOf = (seed: number, pixel: number): number => (seed * 31 + pixel * 7 + (pixel >> 5)) % 256;

const BATCHES = {
  cifar10: [...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`), "test_batch.bin"],
  cifar100: ["train.bin", "test.bin"],
} as const satisfies Record<CifarName, readonly string[]>;

export type TinyFiles = ReadonlyMap<string, Uint8Array>;

/** Two records a file: of batch `i`, seeds `2i` and `2i + 1`; fine labels are the seeds, times nine in CIFAR-100. */
export const TINY_CIFAR: Readonly<Record<CifarName, TinyFiles>> = {
  cifar10: new Map(BATCHES.cifar10.map((file, i) => [file, records([2 * i, 2 * i + 1], (seed) => [seed % 10])])),
  cifar100: new Map(
    BATCHES.cifar100.map((file, i) => [file, records([2 * i, 2 * i + 1], (seed) => [19 - seed, 9 * seed])]),
  ),
};

function records(seeds: readonly number[], labelsOf: (seed: number) => readonly number[]): Uint8Array {
  return Uint8Array.from(seeds.flatMap((seed) => [...cifarRecord(labelsOf(seed), seed)]));
}

export const CIFAR_FOLDERS = { cifar10: "cifar-10-batches-bin", cifar100: "cifar-100-binary" } as const;

/** Writes the files into `folder`, which is made. */
export async function writeTinyCifar(folder: string, files: TinyFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of files) await writeFile(join(folder, file), bytes);
}

/** The archive as its authors lay it out, in another order: a folder, a small text, the files. */
export function tinyArchive(name: CifarName, files: TinyFiles = TINY_CIFAR[name]): Buffer {
  const folder = CIFAR_FOLDERS[name];
  const entries = [...files].reverse().map(([file, bytes]) => tarEntry(`${folder}/${file}`, bytes));
  return Buffer.concat([
    tarEntry(`${folder}/`, new Uint8Array(0), "5"),
    tarEntry(`${folder}/batches.meta.txt`, Buffer.from("airplane\n")),
    ...entries,
    Buffer.alloc(1024),
  ]);
}

/** One entry of the ustar format (POSIX.1-1988): a header of 512 bytes, the content, zeros to a multiple of 512. */
function tarEntry(path: string, content: Uint8Array, type: "0" | "5" = "0"): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(path, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(content.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(" ".repeat(8), 148);
  header.write(type, 156);
  header.write("ustar\x0000", 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  );
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
