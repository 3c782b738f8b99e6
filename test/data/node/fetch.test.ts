import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { IdxPart } from "../../../src/data/index.ts";
import { type FetchProgress, fetchDataset, loadDataset } from "../../../src/data/node/index.ts";
import { rejectionOf } from "../../support/error-of.ts";
import { type Answer, type Mirror, mirrorOf, serves } from "../../support/mirror.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { OFFICIAL_NAMES, TINY_FILES, TINY_OFFICIAL, writeTinyFiles } from "../../support/tiny-dataset.ts";

const PARTS = ["trainImages", "trainLabels", "testImages", "testLabels"] as const satisfies readonly IdxPart[];
const PUBLISHED: ReadonlyMap<string, Buffer> = new Map(
  PARTS.map((part) => [`/${OFFICIAL_NAMES[part]}.gz`, gzipSync(TINY_FILES[part])]),
);
const FIRST = `${OFFICIAL_NAMES.trainImages}.gz`;

/** Long enough that a busy machine does not take a live server for a stalled one. */
const STALLED_MS = 500;

/** A server of the tiny files. */
const mirror = (answer: Answer): Promise<Mirror> => mirrorOf(PUBLISHED, answer);

const ignoresRange = (file: Buffer): RequestListener => serves(file, 0);
const breaksOff =
  (file: Buffer): RequestListener =>
  (_, response) => {
    response.writeHead(200, { "content-length": file.length });
    response.write(file.subarray(0, 20), () => response.destroy());
  };
const servesWrongBytes = (): RequestListener => (_, response) => void response.end("<html>Log in to the hotel</html>");
const isMissing = (): RequestListener => (_, response) => void response.writeHead(404).end("no such file");
const hangs = (): RequestListener => () => {};
const hangsMidway =
  (file: Buffer): RequestListener =>
  (_, response) => {
    response.writeHead(200, { "content-length": file.length });
    response.write(file.subarray(0, 20));
  };

const WRONG_BYTES = `${OFFICIAL_NAMES.trainImages}: a web page: expected an IDX file, which starts with 00 00 08 and its rank`;

describe("fetchDataset", () => {
  it("fetches four files that load, with progress and nothing left over", async () => {
    await using folder = await temporaryFolder();
    await using good = await mirror(serves);
    const states: FetchProgress[] = [];
    const fetched = await fetchDataset("mnist", {
      directory: folder.path,
      mirrors: [good.url],
      files: TINY_OFFICIAL,
      progress: (state) => states.push(state),
    });
    const names = PARTS.map((part) => `${OFFICIAL_NAMES[part]}.gz`);
    expect(fetched).toEqual(
      names.map((file) => ({
        file,
        path: join(folder.path, "mnist", file),
        bytes: PUBLISHED.get(`/${file}`)?.length,
        digest: "SHA-256",
        from: good.url,
      })),
    );
    expect((await readdir(join(folder.path, "mnist"))).sort()).toEqual([...names].sort());
    const last = states.filter(({ file }) => file === FIRST).at(-1);
    const size = PUBLISHED.get(`/${FIRST}`)?.length;
    expect(last).toEqual({ file: FIRST, receivedBytes: size, totalBytes: size });
    const dataset = await loadDataset("mnist", { environment: {}, cacheDir: folder.path });
    expect(dataset.train.inputs.shape).toEqual([6, 2, 3]);
  });

  it("asks for nothing that is there and right, and replaces what is wrong", async () => {
    await using folder = await temporaryFolder();
    await using good = await mirror(serves);
    await writeTinyFiles(join(folder.path, "mnist"), "gz");
    await writeFile(join(folder.path, "mnist", FIRST), gzipSync("other content"));
    const options = { directory: folder.path, mirrors: [good.url], files: TINY_OFFICIAL };
    const fetched = await fetchDataset("mnist", options);
    expect(fetched.map(({ from }) => from)).toEqual([good.url, undefined, undefined, undefined]);
    expect(good.requests).toEqual([`/${FIRST}`]);
  });

  it("has nothing to fetch for the embedded digits", async () => {
    expect(await fetchDataset("digits", { directory: "/none" })).toEqual([]);
  });

  it.each([
    { title: "answers 404", bad: isMissing },
    { title: "serves wrong bytes", bad: servesWrongBytes },
    { title: "breaks off midway", bad: breaksOff },
    { title: "never answers", bad: hangs },
    { title: "stalls midway", bad: hangsMidway },
  ])("goes to the next mirror when one $title", async ({ bad }) => {
    await using folder = await temporaryFolder();
    await using first = await mirror(bad);
    await using second = await mirror(serves);
    const mirrors = [first.url, second.url];
    await writeTinyFiles(join(folder.path, "mnist"), "gz", { without: ["trainImages"] });
    const options = { directory: folder.path, mirrors, files: TINY_OFFICIAL, timeoutMs: STALLED_MS };
    expect((await fetchDataset("mnist", options))[0]?.from).toBe(second.url);
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
    expect(await readFile(join(folder.path, "mnist", FIRST))).toEqual(PUBLISHED.get(`/${FIRST}`));
  });

  it("continues a part with a Range request, where the server breaks off", async () => {
    await using folder = await temporaryFolder();
    await using first = await mirror(hangsMidway);
    await using second = await mirror(serves);
    const options = { directory: folder.path, files: TINY_OFFICIAL };
    const broken = { ...options, mirrors: [first.url], progress: () => first.breakOff() };
    expect((await rejectionOf(fetchDataset("mnist", broken))).message).toBe(
      `${FIRST}: not to be had (${first.url}: the connection broke off): expected one mirror to deliver it whole`,
    );
    expect((await stat(join(folder.path, "mnist", `${FIRST}.part`))).size).toBe(20);
    await fetchDataset("mnist", { ...options, mirrors: [second.url] });
    expect(second.requests).toEqual([...PUBLISHED.keys()].map((path, i) => (i === 0 ? `${path} bytes=20-` : path)));
    expect(await readFile(join(folder.path, "mnist", FIRST))).toEqual(PUBLISHED.get(`/${FIRST}`));
  });

  /** A byte now and then, for ever: never silent for as long as counts as stalled. */
  const dribbles =
    (file: Buffer): RequestListener =>
    (_, response) => {
      response.writeHead(200, { "content-length": file.length });
      let sent = 0;
      const timer = setInterval(() => {
        response.write(file.subarray(sent, sent + 1));
        sent += 1;
      }, STALLED_MS / 10);
      response.on("close", () => clearInterval(timer));
    };
  /** Zeros without end. */
  const neverEnds = (): RequestListener => (_, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on("drain", more);
    more();
  };
  const announces = (): RequestListener => (_, response) => {
    response.writeHead(200, { "content-length": 10 ** 12 });
    response.write(Buffer.alloc(100));
  };
  const gzipBytes = PUBLISHED.get(`/${FIRST}`)?.length ?? 0;

  it.each([
    { title: "dribbles", bad: dribbles, reason: /only \d+ bytes in 0\.5 s/ },
    {
      title: "sends without end",
      bad: neverEnds,
      reason: new RegExp(`sends more than the ${gzipBytes} bytes of the file`),
    },
    {
      title: "announces a disk full",
      bad: announces,
      reason: new RegExp(`offers 1000000000000 bytes for a file of ${gzipBytes}`),
    },
  ])("goes to the next mirror when one $title, and writes no more than the file has", async ({ bad, reason }) => {
    await using folder = await temporaryFolder();
    await using first = await mirror(bad);
    await using second = await mirror(serves);
    await writeTinyFiles(join(folder.path, "mnist"), "gz", { without: ["trainImages"] });
    const files = { ...TINY_OFFICIAL, trainImages: { ...TINY_OFFICIAL.trainImages, gzipBytes } };
    let most = 0;
    const progress = ({ receivedBytes }: FetchProgress): void => {
      most = Math.max(most, receivedBytes);
    };
    const options = { directory: folder.path, files, timeoutMs: STALLED_MS, progress };
    expect((await rejectionOf(fetchDataset("mnist", { ...options, mirrors: [first.url] }))).message).toMatch(reason);
    const fetched = await fetchDataset("mnist", { ...options, mirrors: [first.url, second.url] });
    expect(fetched[0]?.from).toBe(second.url);
    expect(most).toBeLessThanOrEqual(gzipBytes);
    expect(await readFile(join(folder.path, "mnist", FIRST))).toEqual(PUBLISHED.get(`/${FIRST}`));
  });

  it("bounds a file of unknown size by its shape", async () => {
    await using folder = await temporaryFolder();
    await using endless = await mirror(neverEnds);
    const options = { directory: folder.path, files: TINY_OFFICIAL, mirrors: [endless.url] };
    expect((await rejectionOf(fetchDataset("mnist", options))).message).toContain(
      "sends more than the 1081 bytes of the file",
    );
    expect(await readdir(join(folder.path, "mnist"))).toEqual([]);
  });

  it("begins anew behind a part that is longer than the file", async () => {
    await using folder = await temporaryFolder();
    await using good = await mirror(serves);
    await writeTinyFiles(join(folder.path, "mnist"), "gz", { without: ["trainImages"] });
    await writeFile(join(folder.path, "mnist", `${FIRST}.part`), Buffer.alloc(5000));
    await fetchDataset("mnist", { directory: folder.path, mirrors: [good.url], files: TINY_OFFICIAL });
    expect(good.requests).toEqual([`/${FIRST}`]);
  });

  it("is refused while another command fetches the same file", async () => {
    await using folder = await temporaryFolder();
    await using slow = await mirror(hangsMidway);
    const options = { directory: folder.path, files: TINY_OFFICIAL, mirrors: [slow.url] };
    const stop = new AbortController();
    const first = fetchDataset("mnist", { ...options, signal: stop.signal, progress: () => {} });
    while (!(await readdir(join(folder.path, "mnist")).catch(() => [])).some((name) => name.endsWith(".part")))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const path = join(folder.path, "mnist", FIRST);
    expect((await rejectionOf(fetchDataset("mnist", options))).message).toBe(
      `${path}, in use by process ${process.pid} on ${hostname()}: expected a file that no other process writes`,
    );
    stop.abort();
    await expect(first).rejects.toThrow("aborted");
  }, 20_000);

  const whole = PUBLISHED.get(`/${FIRST}`) ?? Buffer.alloc(0);
  it.each([
    { title: "the server cannot continue", part: whole.subarray(0, 20), answer: ignoresRange, asked: ["20"] },
    { title: "it is whole already", part: whole, answer: serves, asked: [`${whole.length}`] },
    { title: "it is of another file", part: Buffer.alloc(20, 7), answer: serves, asked: ["20", ""] },
    { title: "it is longer than the file", part: Buffer.alloc(500, 7), answer: serves, asked: ["500", ""] },
  ])("makes the file from a part when $title", async ({ part, answer, asked }) => {
    await using folder = await temporaryFolder();
    await using good = await mirror(answer);
    await writeTinyFiles(join(folder.path, "mnist"), "gz", { without: ["trainImages"] });
    await writeFile(join(folder.path, "mnist", `${FIRST}.part`), part);
    await fetchDataset("mnist", { directory: folder.path, mirrors: [good.url], files: TINY_OFFICIAL });
    expect(await readFile(join(folder.path, "mnist", FIRST))).toEqual(whole);
    expect(good.requests).toEqual(asked.map((from) => (from === "" ? `/${FIRST}` : `/${FIRST} bytes=${from}-`)));
  });

  it("gives each mirror's reason when all fail", async () => {
    await using folder = await temporaryFolder();
    await using missing = await mirror(isMissing);
    await using wrong = await mirror(servesWrongBytes);
    await using silent = await mirror(hangs);
    await using broken = await mirror(breaksOff);
    const closed = await mirror(serves);
    await closed[Symbol.asyncDispose]();
    const mirrors = [missing.url, wrong.url, silent.url, closed.url, broken.url];
    const options = { directory: folder.path, mirrors, files: TINY_OFFICIAL, timeoutMs: STALLED_MS };
    expect(await rejectionOf(fetchDataset("mnist", options))).toEqual({
      message:
        `${FIRST}: not to be had (${missing.url}: HTTP 404; ${wrong.url}: ${WRONG_BYTES}; ${silent.url}: no data for 0.5 s; ` +
        `${closed.url}: ECONNREFUSED; ${broken.url}: the connection broke off): expected one mirror to deliver it whole`,
      hint: `run \`fetchDataset("mnist")\` again, which goes on where it stopped, or put the file into ${folder.path}/mnist yourself`,
    });
    expect(await readdir(join(folder.path, "mnist"))).toEqual([`${FIRST}.part`]);
  });

  it("takes no plain file where only the digest of the .gz is known", async () => {
    await using folder = await temporaryFolder();
    await using plain = await mirror(() => (_, response) => void response.end(TINY_FILES.trainImages));
    const { trainImages } = TINY_OFFICIAL;
    const sha256 = { of: "gzip", digest: "0".repeat(64) } as const;
    const files = { ...TINY_OFFICIAL, trainImages: { ...trainImages, sha256 } };
    const rejection = rejectionOf(fetchDataset("mnist", { directory: folder.path, mirrors: [plain.url], files }));
    expect((await rejection).message).toBe(
      `${FIRST}: not to be had (${plain.url}: not the published .gz file): expected one mirror to deliver it whole`,
    );
  });

  it("refuses a directory that cannot be made", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "file");
    await writeFile(file, "");
    const rejection = rejectionOf(fetchDataset("mnist", { directory: file, mirrors: [], files: TINY_OFFICIAL }));
    expect(await rejection).toEqual({
      message: `${file}/mnist: a part of the path is not a directory: expected a folder to write to`,
      hint: "give a folder",
    });
  });

  it("stops when the signal is aborted, and keeps the part", async () => {
    await using folder = await temporaryFolder();
    await using slow = await mirror(hangsMidway);
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const fetching = fetchDataset("mnist", {
      directory: folder.path,
      mirrors: [slow.url, slow.url],
      files: TINY_OFFICIAL,
      signal: controller.signal,
      progress: () => controller.abort(reason),
    });
    await expect(fetching).rejects.toBe(reason);
    expect((await stat(join(folder.path, "mnist", `${FIRST}.part`))).size).toBe(20);
    expect(slow.requests).toEqual([`/${FIRST}`]);
  });
});
