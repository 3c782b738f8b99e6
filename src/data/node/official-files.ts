import type { IdxPart } from "../idx-dataset.ts";

/** The data sets that are published as four IDX files. */
export const IDX_NAMES = ["mnist", "fashion-mnist"] as const;
export type IdxName = (typeof IDX_NAMES)[number];

/** One published file. */
export interface OfficialFile {
  /** Without `.gz`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** What is known of its bytes: SHA-256 of the decompressed content, or only of the `.gz` file as published. */
  readonly sha256: { readonly of: "content" | "gzip"; readonly digest: string };
  /** Size of the `.gz` file as published: what is longer is not fetched. Left out, the shape bounds it. */
  readonly gzipBytes?: number;
}

/** Where a data set is published, and what its files are. */
export interface OfficialFiles {
  /** The folder that torchvision keeps it in. */
  readonly torchvisionFolder: string;
  /** Base addresses that serve each file as `NAME.gz`, tried in this order. */
  readonly mirrors: readonly string[];
  readonly files: Readonly<Record<IdxPart, OfficialFile>>;
}

/** Name and shape of the four files, which both data sets share. */
const idxFiles = (
  of: "content" | "gzip",
  digests: Readonly<Record<IdxPart, string>>,
  gzipBytes: Readonly<Record<IdxPart, number>>,
) => ({
  trainImages: {
    name: "train-images-idx3-ubyte",
    shape: [60_000, 28, 28],
    sha256: { of, digest: digests.trainImages },
    gzipBytes: gzipBytes.trainImages,
  },
  trainLabels: {
    name: "train-labels-idx1-ubyte",
    shape: [60_000],
    sha256: { of, digest: digests.trainLabels },
    gzipBytes: gzipBytes.trainLabels,
  },
  testImages: {
    name: "t10k-images-idx3-ubyte",
    shape: [10_000, 28, 28],
    sha256: { of, digest: digests.testImages },
    gzipBytes: gzipBytes.testImages,
  },
  testLabels: {
    name: "t10k-labels-idx1-ubyte",
    shape: [10_000],
    sha256: { of, digest: digests.testLabels },
    gzipBytes: gzipBytes.testLabels,
  },
});

/** Where the files of each data set of IDX files are published, with their sizes and SHA-256 digests. */
export const OFFICIAL_FILES = {
  mnist: {
    torchvisionFolder: "MNIST",
    mirrors: ["https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"],
    files: idxFiles(
      "content",
      {
        trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
      },
      { trainImages: 9_912_422, trainLabels: 28_881, testImages: 1_648_877, testLabels: 4_542 },
    ),
  },
  // the digests are those of the .gz files whose MD5 the project's README lists (github.com/zalandoresearch/fashion-mnist)
  "fashion-mnist": {
    torchvisionFolder: "FashionMNIST",
    mirrors: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    files: idxFiles(
      "gzip",
      {
        trainImages: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        trainLabels: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        testImages: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        testLabels: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      },
      { trainImages: 26_421_880, trainLabels: 29_515, testImages: 4_422_102, testLabels: 5_148 },
    ),
  },
} as const satisfies Record<IdxName, OfficialFiles>;
