import { createHash } from "node:crypto";
import { sizeOf } from "../../graph/index.ts";
import type { DatasetName } from "../dataset-names.ts";
import { IDX_PARTS } from "../idx-dataset.ts";
import { checkOfficialFile, type FileFinding } from "./check-file.ts";
import { OFFICIAL_ARCHIVES, type OfficialArchive } from "./cifar-archives.ts";
import { fileError } from "./file-error.ts";
import { OFFICIAL_FILES, type OfficialFile, type OfficialFiles } from "./official-files.ts";
import { openRegular } from "./regular-file.ts";

/** A file that can be fetched: its name, and whether a file on disk is it. */
export interface PublishedFile {
  readonly file: string;
  /** The digest that its publisher gives, by which it is checked. */
  readonly digest: "SHA-256" | "MD5";
  /** Bytes that it has at most: a longer answer is another file. */
  readonly mostBytes: number;
  /** @throws GatewiseError if the file cannot be read; wrong bytes are a finding */
  readonly check: (path: string) => Promise<FileFinding>;
}

/** What a data set is fetched as. */
export interface PublishedFiles {
  readonly mirrors: readonly string[];
  readonly files: readonly PublishedFile[];
}

/**
 * The files that `data fetch` fetches; none of the embedded digits.
 * @param known the published files or the archive, where they are not the known ones
 */
export function publishedFiles(
  name: DatasetName,
  known: { readonly files?: OfficialFiles["files"]; readonly archive?: OfficialArchive } = {},
): PublishedFiles {
  switch (name) {
    case "digits":
      return { mirrors: [], files: [] };
    case "mnist":
    case "fashion-mnist": {
      const { mirrors, files } = OFFICIAL_FILES[name];
      const official = known.files ?? files;
      return { mirrors, files: IDX_PARTS.map((part) => publishedIdx(official[part])) };
    }
    case "cifar10":
    case "cifar100": {
      const archive = known.archive ?? OFFICIAL_ARCHIVES[name];
      return { mirrors: archive.mirrors, files: [publishedArchive(archive)] };
    }
  }
}

const publishedIdx = (official: OfficialFile): PublishedFile => ({
  file: `${official.name}.gz`,
  digest: "SHA-256",
  mostBytes: official.gzipBytes ?? mostCompressed(4 + 4 * official.shape.length + sizeOf(official.shape)),
  /** What comes from the network must be compared by digest, not by shape alone. */
  async check(path) {
    const finding = await checkOfficialFile(path, official);
    return finding.hashed || finding.problem !== undefined
      ? finding
      : { ...finding, problem: "not the published .gz file" };
  },
});

/** gzip makes nothing longer than by its headers and five bytes a block of at most 32 KiB. */
const mostCompressed = (bytes: number): number => bytes + 5 * Math.ceil(bytes / 16_384) + 1024;

const publishedArchive = ({ file, md5, bytes }: OfficialArchive): PublishedFile => ({
  file,
  digest: "MD5",
  mostBytes: bytes ?? OFFICIAL_ARCHIVES.cifar10.bytes,
  async check(path) {
    const found = await md5Of(path);
    const finding = { bytes: found.bytes, hashed: true };
    return found.md5 === md5 ? finding : { ...finding, problem: `MD5 ${found.md5}, expected ${md5}` };
  },
});

/** Size and MD5 of a file of any size. */
async function md5Of(path: string): Promise<{ readonly bytes: number; readonly md5: string }> {
  const hash = createHash("md5");
  let bytes = 0;
  try {
    await using file = await openRegular(path);
    for await (const piece of file.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 })) {
      hash.update(piece);
      bytes += piece.length;
    }
  } catch (thrown) {
    throw fileError(thrown, path, "a readable file");
  }
  return { bytes, md5: hash.digest("hex") };
}
