/** Streams that take nothing: a full disk, a reader that has gone, a parent that dies. One line each at most, no stack. */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { endOf, gatewise, startGatewise, startInShell, TINY } from "../support/command-line.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const FULL =
  "error standard output: no space left on the disk: expected a place that takes the result\n  → free some space and try again: nothing is lost\n";

/** Lines of a shell, and what they say and end with. */
const LINES = [
  { line: "gatewise reproduce --list > /dev/full", code: 1, stderr: FULL },
  { line: "gatewise reproduce --list --json > /dev/full", code: 1, stderr: FULL },
  { line: "gatewise --help > /dev/full", code: 1, stderr: FULL },
  { line: "gatewise inspect --model missing --json > /dev/full", code: 1, stderr: FULL },
  { line: "gatewise train --regime nothing 2> /dev/full", code: 2, stderr: "" },
  { line: "gatewise inspect --model missing 2> /dev/full", code: 1, stderr: "" },
  { line: "(gatewise reproduce --list; echo $? >&2) | true", code: 0, stderr: "0\n" },
  { line: "(gatewise reproduce --list --json; echo $? >&2) | true", code: 0, stderr: "0\n" },
  {
    line: "(gatewise inspect --model missing 2>&1; echo $? > code) | true; until [ -s code ]; do sleep 0.05; done; cat code",
    code: 0,
    stdout: "1\n",
    stderr: "",
  },
];

describe.skipIf(!existsSync("/dev/full"))("a command whose output goes nowhere", () => {
  it.each(LINES)("$line", async ({ line, code, stdout = "", stderr }) => {
    await using folder = await temporaryFolder();
    expect(await endOf(startInShell(folder.path, line))).toEqual({ code, stdout, stderr });
  });

  it("trains to its end all the same", async () => {
    await using folder = await temporaryFolder();
    const line = `gatewise train ${TINY.join(" ")} --epochs 2 --out run > /dev/full`;
    expect(await endOf(startInShell(folder.path, line))).toEqual({ code: 1, stdout: "", stderr: FULL });
    expect(JSON.parse(await readFile(join(folder.path, "run", "run.json"), "utf8")).status).toBe("completed");
  });
});

it("workers whose parents are killed say nothing, and leave the folder free", async () => {
  await using folder = await temporaryFolder();
  const args = ["train", ...TINY, "--epochs", "5000", "--out", "run"];
  const child = startGatewise(folder.path, args);
  const end = endOf(child);
  const lines = join(folder.path, "run", "metrics.jsonl");
  while (!existsSync(lines) || (await readFile(lines, "utf8")) === "") await wait(5);
  child.kill("SIGKILL");
  // the streams close when the last process that has them has ended
  expect(await end).toEqual({ code: null, stdout: "", stderr: "" });
  const epochs = (await readFile(lines, "utf8")).split("\n").length;
  const again = startGatewise(folder.path, [...args.slice(0, -3), `${epochs + 1}`, "--out", "run", "--resume"]);
  expect((await endOf(again)).stderr).toBe("");
});

describe.skipIf(process.platform !== "linux")("a folder that takes nothing", () => {
  /** `/proc` says "no such file" for every new name, as a read-only disk does for folders. */
  it.each([
    { args: ["train", ...TINY, "--out", "/proc/run"], path: "/proc/run", expected: "a folder to write to" },
    { args: ["train", ...TINY, "--out", "/proc/a/b/run"], path: "/proc/a/b/run", expected: "a folder to write to" },
    { args: ["demo", "--out", "/proc/demo"], path: "/proc/demo", expected: "a folder to write to" },
    { args: ["reproduce", "theorem", "--out", "/proc/t"], path: "/proc/t", expected: "a folder to write to" },
    { args: ["data", "fetch", "mnist", "--data-dir", "/proc"], path: "/proc/mnist", expected: "a folder to write to" },
  ])("$args.0 into it says so", async ({ args, path, expected }) => {
    const { code, stdout, stderr } = await gatewise([...args, "--json"]);
    const message = `${path}: its folder takes no new entries: expected ${expected}`;
    expect(JSON.parse(stdout).error).toMatchObject({ message, hint: "use another folder" });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  });

  it("that is read-only says so, for folders and for files", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "ro"));
    const g = `'${process.execPath}' '${join(process.cwd(), "dist", "main.js")}'`;
    const inside = [
      "mount --bind ro ro && mount -o remount,ro,bind ro || exit 77",
      `${g} train ${TINY.join(" ")} --out ro/run`,
      `${g} train ${TINY.join(" ")} --out ro/a/b`,
      `cd ro && ${g} train ${TINY.join(" ")}`,
    ].join("; ");
    const { code, stderr } = await endOf(
      startInShell(folder.path, `unshare --mount sh -c "${inside.replaceAll('"', '\\"')}"`),
    );
    // without the right to mount nothing can be shown
    if (code === 77 || /unshare|mount/.test(stderr)) return;
    const says = (path: string): string =>
      `error ${path}: lies on a read-only file system: expected a folder to write to\n  → use another folder\n`;
    expect(stderr).toBe(["ro/run", "ro/a/b", "runs/fc-digits-relu-seed0"].map(says).join(""));
  });
});
