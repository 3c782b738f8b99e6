/**
 * Records of CIFAR's binary version: label bytes, then 3,072 pixels: the red plane, the green, the blue, each 32 rows of
 * 32 (cs.toronto.edu/~kriz/cifar.html). Pixels go where they stay, piece by piece as a stream brings them, so that a
 * part of 150 MB is in memory once.
 */
import { GatewiseError } from "../errors.ts";

/** Shape of one image: planes red, green, blue. */
export const CIFAR_SHAPE = [3, 32, 32] as const;
const PIXELS = 3 * 32 * 32;

/** Where the records of one file go: `n × 3,072` pixels, `n` labels. */
export interface RecordPlace {
  readonly inputs: Uint8Array;
  readonly labels: Uint8Array;
}

/** Takes the bytes of one file, in pieces of any length. */
export interface RecordReader {
  /** @throws GatewiseError if a label is out of range, or more bytes come than the place holds */
  take(piece: Uint8Array): void;
  /** @throws GatewiseError if bytes are missing */
  end(): void;
}

/**
 * Number of records in a file, before anything is allocated for it.
 * @param labelBytes label bytes of a record
 * @param most more than this many is another file
 * @throws GatewiseError if `bytes` is not that of 1 to `most` whole records
 */
export function recordsIn(file: string, bytes: number, labelBytes: number, most: number): number {
  const recordBytes = labelBytes + PIXELS;
  const records = bytes / recordBytes;
  if (!Number.isInteger(records) || records < 1) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${bytes} bytes`,
      expected: `whole records of ${recordBytes} bytes`,
      next: "the file is truncated or damaged: fetch it again",
    });
  }
  if (records > most) {
    throw new GatewiseError({
      code: "damaged-file",
      received: `${file}: ${records} examples`,
      expected: `at most the ${most} of the official file`,
      next: "give the official file",
    });
  }
  return records;
}

/**
 * Reads the records of one file into their place.
 * @param labelClasses number of classes of each label byte; the last label is the one that is kept
 */
export function recordReader(file: string, labelClasses: readonly number[], place: RecordPlace): RecordReader {
  const { inputs, labels } = place;
  const labelBytes = labelClasses.length;
  const recordBytes = labelBytes + PIXELS;
  const total = labels.length * recordBytes;
  let taken = 0;

  const takeLabel = (label: number, record: number, position: number): void => {
    const classes = labelClasses[position] ?? 0;
    if (label >= classes) {
      throw new GatewiseError({
        code: "damaged-file",
        received: `${file}: label ${label} of example ${record}`,
        expected: `0 to ${classes - 1}`,
        next: "the file is damaged, or of another data set: fetch it again",
      });
    }
    if (position === labelBytes - 1) labels[record] = label;
  };

  return {
    take(piece) {
      if (taken + piece.length > total) throw wrongLength(file, taken + piece.length, total);
      for (let at = 0; at < piece.length; ) {
        const record = Math.floor(taken / recordBytes);
        const position = taken - record * recordBytes;
        if (position < labelBytes) {
          takeLabel(piece[at]!, record, position);
          at += 1;
          taken += 1;
          continue;
        }
        const run = Math.min(recordBytes - position, piece.length - at);
        inputs.set(piece.subarray(at, at + run), record * PIXELS + position - labelBytes);
        at += run;
        taken += run;
      }
    },
    end() {
      if (taken !== total) throw wrongLength(file, taken, total);
    },
  };
}

const wrongLength = (file: string, bytes: number, total: number): GatewiseError =>
  new GatewiseError({
    code: "damaged-file",
    received: `${file}: ${bytes < total ? "only" : "at least"} ${bytes} bytes came`,
    expected: `${total}, as its size said`,
    next: bytes < total ? "the file is truncated: fetch it again" : "the file grew while it was read: try again",
  });
