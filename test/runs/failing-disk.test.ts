/** A disk or a server that goes away in the midst of a write: one line, nothing half-written, and a run that goes on later. */
import type { FileHandle } from "node:fs/promises";
import promises, { readdir, readFile, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { lockFile, writeWhole } from "../../src/data/node/index.ts";
import { codeOf, firstFailure, GatewiseError } from "../../src/errors.ts";
import { writeKernelFile } from "../../src/kernels/node/tiled-file.ts";
import type { TrialOutcome } from "../../src/runs/index.ts";
import { storeIn } from "../../src/runs/node/folder-store.ts";
import { readRun } from "../../src/runs/node/index.ts";
import { runTrialWith } from "../../src/runs/run-trial.ts";
import type { TrialRequest } from "../../src/runs/trial-request.ts";
import { Machines, systemError } from "../support/lock-hosts.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contentOf, tinyJob } from "../support/tiny-trials.ts";
import { TRIAL_HOST } from "../support/trials-here.ts";

/** A call of the file system: by its function, or a method of an open file. */
type Call = "open" | "rename" | "rm" | "stat" | "readdir" | "writeFile" | "sync" | "close";
/** What fails, from now on. */
const disk = { fails: (_call: string, _path: string): Error | undefined => undefined };

// the functions themselves are replaced, not the module: other test files in this process have loaded what calls them
const real = { ...promises };
const refuse = (call: Call, path: unknown): void => {
  const error = disk.fails(call, String(path));
  if (error !== undefined) throw error;
};
const guarded =
  <A extends readonly unknown[], R>(call: Call, work: (...args: A) => Promise<R>) =>
  async (...args: A) => {
    refuse(call, args[0]);
    return await work(...args);
  };
async function openFailing(...args: Parameters<typeof real.open>): Promise<FileHandle> {
  refuse("open", args[0]);
  const file = await real.open(...args);
  for (const call of ["writeFile", "sync", "close", "stat"] as const) {
    const work = file[call].bind(file) as (...args: readonly unknown[]) => Promise<unknown>;
    const failing = async (...rest: readonly unknown[]): Promise<unknown> => {
      // a file whose closing fails is closed
      if (call === "close") await work();
      refuse(call, args[0]);
      return call === "close" ? undefined : await work(...rest);
    };
    Object.defineProperty(file, call, { value: failing });
  }
  Object.defineProperty(file, Symbol.asyncDispose, { value: () => file.close() });
  return file;
}
const use = (functions: object): void => {
  Object.assign(promises, functions);
  syncBuiltinESMExports();
};
beforeAll(() =>
  use({
    open: openFailing,
    rename: guarded("rename", real.rename),
    rm: guarded("rm", real.rm),
    stat: guarded("stat", real.stat as (path: string, options?: object) => Promise<unknown>),
    readdir: guarded("readdir", real.readdir as (path: string, options?: object) => Promise<unknown>),
  }),
);
afterAll(() => use(real));
afterEach(() => {
  disk.fails = () => undefined;
});

const failing = (call: Call, path: RegExp, code: string): void => {
  disk.fails = (one, of) => (one === call && path.test(of) ? systemError(code) : undefined);
};
/** From the first such call on nothing works any more. */
const gone = (call: Call, path: RegExp, code: string): void => {
  let isGone = false;
  disk.fails = (one, of) => {
    isGone ||= one === call && path.test(of);
    return isGone ? systemError(code) : undefined;
  };
};

async function thrownBy(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (thrown) {
    return thrown;
  }
  return expect.fail("nothing was thrown");
}

/** Where a lock could not be given back: its process ends, as far as the next one can see. */
async function endHolder(lock: string): Promise<void> {
  const held = await readFile(lock, "utf8").catch(() => undefined);
  if (held !== undefined) await writeFile(lock, held.replace(/"started":"\d*"/, '"started":"0"'));
}

const STEPS = [
  { call: "open", path: /\.tmp$/ },
  { call: "writeFile", path: /\.tmp$/ },
  { call: "sync", path: /\.tmp$/ },
  { call: "rename", path: /\.tmp$/ },
  { call: "stat", path: /\/lock$/ },
] as const;
const CODES = ["EIO", "ESTALE"] as const;
const EVERY = STEPS.flatMap((step) =>
  CODES.flatMap((code) => [false, true].map((isGone) => ({ ...step, code, isGone }))),
);

describe("a file that is replaced", () => {
  it.each(EVERY)(
    "stays what it was: $call of $path, $code, all later calls too $isGone",
    async ({ call, path, code, isGone }) => {
      await using folder = await temporaryFolder();
      const store = storeIn(folder.path, {}, new Machines().host("n1"));
      {
        await using _lock = await store.lock();
        await store.write("a", "before");
        (isGone ? gone : failing)(call, path, code);
        const thrown = firstFailure(await thrownBy(store.write("a", "after")));
        if (!(thrown instanceof GatewiseError)) throw thrown;
        const isLost = code === "ESTALE" && call === "stat";
        expect(thrown.code).toBe(isLost || (code === "ESTALE" && isGone) ? "taken-over" : "file-access");
        expect(thrown.message).not.toContain("\n");
        // the lock is given back without another word, whether that goes or not
      }
      disk.fails = () => undefined;
      expect(await readFile(join(folder.path, "a"), "utf8")).toBe("before");
      const { length } = (await readdir(folder.path)).filter((name) => name.endsWith(".tmp"));
      // nothing can be removed where nothing works
      expect(length).toBeLessThanOrEqual(isGone && call !== "open" ? 1 : 0);
    },
  );

  it("is told where only its closing fails, and where its closing fails, too", async () => {
    await using folder = await temporaryFolder();
    failing("close", /a\.tmp$/, "EIO");
    expect(await thrownBy(writeWhole(join(folder.path, "a"), "x"))).toMatchObject({ code: "file-access" });
    gone("sync", /b\.tmp$/, "EIO");
    expect(await thrownBy(writeWhole(join(folder.path, "b"), "x"))).toMatchObject({ code: "file-access" });
    disk.fails = () => undefined;
  });

  it.each(CODES)("and one that is added to, removed or listed: %s", async (code) => {
    await using folder = await temporaryFolder();
    const store = storeIn(folder.path, {}, new Machines().host("n1"));
    await using _lock = await store.lock();
    for (const [call, work] of [
      ["open", () => store.append("lines", "1\n")],
      ["writeFile", () => store.append("lines", "1\n")],
      ["sync", () => store.append("lines", "1\n")],
      ["rename", () => store.remove("lines")],
      ["readdir", () => store.list()],
      ["open", () => store.read("lines")],
    ] as const) {
      failing(call, call === "readdir" ? /./ : /lines$/, code);
      const thrown = firstFailure(await thrownBy(work()));
      disk.fails = () => undefined;
      if (!(thrown instanceof GatewiseError)) throw thrown;
      expect(thrown.code).toBe("file-access");
    }
  });
});

describe("a trial", () => {
  async function run(request: TrialRequest): Promise<TrialOutcome> {
    const signal = new AbortController().signal;
    let now = 0;
    return await runTrialWith(TRIAL_HOST, request, {
      signal,
      report: () => {},
      // each look a long time later: every epoch is written
      clock: () => (now += 20_000),
      now: () => "2026-01-01T00:00:00.000Z",
    });
  }

  const trial = (folder: string): TrialRequest => ({ ...tinyJob(folder, "relu", 0, 2).request, kernels: false });
  let whole: Awaited<ReturnType<typeof contentOf>>;
  beforeAll(async () => {
    await using folder = await temporaryFolder();
    const request = trial(folder.path);
    await run(request);
    whole = await contentOf(request.directory);
  });

  it.each([
    { call: "sync", path: /last\.safetensors\..*tmp$/, code: "EIO", isGone: false },
    { call: "rename", path: /last\.safetensors\..*tmp$/, code: "ESTALE", isGone: false },
    { call: "writeFile", path: /metrics\.jsonl$/, code: "EIO", isGone: false },
    { call: "sync", path: /last\.safetensors\..*tmp$/, code: "EIO", isGone: true },
  ] as const)(
    "fails with one line at $call of $path, $code, and goes on to the same bits: $isGone",
    async ({ call, path, code, isGone }) => {
      await using folder = await temporaryFolder();
      const own = trial(folder.path);
      let seen = 0;
      (isGone ? gone : failing)(call, path, code);
      const { fails } = disk;
      // not the first time: something stands
      disk.fails = (one, of) => {
        if (one === call && path.test(of)) seen += 1;
        return seen > 1 ? fails(one, of) : undefined;
      };
      const outcome = await run(own);
      disk.fails = () => undefined;
      expect(outcome).toMatchObject({ status: "failed", code: "file-access" });
      if (outcome.status === "failed")
        expect(outcome.message).toMatch(/^[^\n]*(input\/output error|stale file handle)[^\n]*$/);
      const { status } = await readRun(own.directory);
      expect(status).toBe(isGone ? "running" : "failed");
      await endHolder(join(own.directory, "lock"));
      expect((await run(own)).status).toBe("completed");
      expect(await contentOf(own.directory)).toEqual(whole);
      expect((await readdir(own.directory)).filter((name) => /tmp$|lock/.test(name))).toEqual([]);
    },
  );

  it("whose lock the server does not know any more ends as one that was taken over", async () => {
    await using folder = await temporaryFolder();
    const request = trial(folder.path);
    let looks = 0;
    disk.fails = (call, path) => {
      if (call === "stat" && /\/lock$/.test(path)) looks += 1;
      return looks > 12 && /\/lock$/.test(path) ? systemError("ESTALE") : undefined;
    };
    expect(await run(request)).toMatchObject({ status: "failed", code: "taken-over" });
  });
});

it("a kernel of tiles is told, too, and goes on", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "k.npy");
  const file = { path, dtype: "float64", shape: [1, 1], symmetric: false, digest: "ab" } as const;
  const tile = {
    rows: { from: 0, to: 1 },
    columns: { from: 0, to: 1 },
    values: Float64Array.of(2),
    ...{ done: 1, made: 1, of: 1 },
  };
  const tiles = async function* () {
    yield tile;
  };
  gone("sync", /k\.npy\.part$/, "EIO");
  const thrown = firstFailure(await thrownBy(writeKernelFile(file, tiles())));
  disk.fails = () => undefined;
  if (!(thrown instanceof GatewiseError)) throw thrown;
  expect(thrown.code).toBe("file-access");
  expect((await readdir(folder.path)).includes("k.npy")).toBe(false);
  await endHolder(`${path}.lock`);
  await writeKernelFile(file, tiles());
  expect((await readFile(path)).byteLength).toBeGreaterThan(8);
  await using _lock = await lockFile(path);
});

it("of failures while failing the first is told", async () => {
  const disposed = async (): Promise<void> => {
    await using _file = {
      [Symbol.asyncDispose]: async () => {
        throw systemError("ENOSPC");
      },
    };
    throw systemError("EIO");
  };
  expect(codeOf(await thrownBy(disposed()))).toBe("EIO");
});
