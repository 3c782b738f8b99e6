import type { CifarName } from "../cifar-dataset.ts";

/** A data set that is published as one archive. */
export interface OfficialArchive {
  /** Name of the archive, `.tar.gz` included. */
  readonly file: string;
  /** The folder inside, which torchvision keeps too. */
  readonly folder: string;
  /** Of the archive as published: the one digest that its authors give. */
  readonly md5: string;
  /** Size as published: what is longer is not fetched. Left out, the largest of the known archives bounds it. */
  readonly bytes?: number;
  /** Base addresses, tried in this order. */
  readonly mirrors: readonly string[];
}

/** Names and digests stand on www.cs.toronto.edu/~kriz/cifar.html. */
export const OFFICIAL_ARCHIVES = {
  cifar10: {
    file: "cifar-10-binary.tar.gz",
    folder: "cifar-10-batches-bin",
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    bytes: 170_052_171,
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
  },
  cifar100: {
    file: "cifar-100-binary.tar.gz",
    folder: "cifar-100-binary",
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    bytes: 168_513_733,
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
  },
} as const satisfies Record<CifarName, OfficialArchive>;
