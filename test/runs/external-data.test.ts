import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { networkFromOnnx } from "../../src/network/index.ts";
import { loadNetwork } from "../../src/runs/node/index.ts";
import { bytesOfModel, drawn, modelProto, movedOut, placeEntries } from "../graph/onnx/model.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const small = () =>
  modelProto({
    nodes: [{ op: "Gemm", inputs: ["x", "w", "b"] }],
    constants: { w: drawn("w", 4, 3), b: drawn("b", 3) },
  });

/** A folder with a model, `inside/m.onnx`, whose weights are said to lie at `location`; and those weights. */
async function modelWith(location: string) {
  const folder = await temporaryFolder();
  const at = (...names: readonly string[]): string => join(folder.path, ...names);
  const model = small();
  const file = movedOut(model, location);
  await mkdir(at("inside", "sub"), { recursive: true });
  await writeFile(at("inside", "m.onnx"), bytesOfModel(model));
  const load = () => loadNetwork(at("inside", "m.onnx"));
  return { at, file, load, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe("weights beside a model", () => {
  it.each(["m.onnx.data", "sub/weights.bin", "./sub/weights.bin", "..data", "läufe 1.data"])("%s", async (location) => {
    await using model = await modelWith(location);
    await writeFile(model.at("inside", location), model.file);
    expect((await model.load()).network).toEqual(networkFromOnnx(bytesOfModel(small())));
  });

  it("behind a link that stays in the folder", async () => {
    await using model = await modelWith("link.data");
    await writeFile(model.at("inside", "sub", "w"), model.file);
    await symlink(join("sub", "w"), model.at("inside", "link.data"));
    expect((await model.load()).network.nodes).toHaveLength(2);
  });

  it("of a model in a folder that is a link itself", async () => {
    await using model = await modelWith("m.data");
    await writeFile(model.at("inside", "m.data"), model.file);
    await symlink("inside", model.at("alias"));
    expect((await loadNetwork(model.at("alias", "m.onnx"))).network.nodes).toHaveLength(2);
  });
});

/** A repository of Hugging Face's cache: files are links from a snapshot to blobs. */
async function repositoryWith(sub: string) {
  const folder = await temporaryFolder();
  const at = (...names: readonly string[]): string => join(folder.path, "models--org--name", ...names);
  const [model, up] = [small(), sub === "" ? "../.." : "../../.."];
  const file = movedOut(model, "model.onnx_data");
  await mkdir(at("blobs"), { recursive: true });
  await mkdir(at("snapshots", "5f3a", sub), { recursive: true });
  await writeFile(at("blobs", "aaaa"), bytesOfModel(model));
  await writeFile(at("blobs", "bbbb"), file);
  await symlink(`${up}/blobs/aaaa`, at("snapshots", "5f3a", sub, "model.onnx"));
  const data = at("snapshots", "5f3a", sub, "model.onnx_data");
  const load = () => loadNetwork(at("snapshots", "5f3a", sub, "model.onnx"));
  return { at, up, file, data, load, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe("weights in a repository of Hugging Face's cache", () => {
  const message = (why: string): string =>
    `initializer "b" with its data in the file "model.onnx_data"${why}: expected a file in the model's folder or below it`;

  it.each(["", "onnx"])("are read behind a link to its blobs, of a model in snapshots/REVISION/%s", async (sub) => {
    await using repository = await repositoryWith(sub);
    await symlink(`${repository.up}/blobs/bbbb`, repository.data);
    expect((await repository.load()).network).toEqual(networkFromOnnx(bytesOfModel(small())));
  });

  it("are refused behind a link to another repository, directly or by its blobs", async () => {
    await using repository = await repositoryWith("");
    await mkdir(repository.at("..", "models--other", "blobs"), { recursive: true });
    await writeFile(repository.at("..", "models--other", "blobs", "bbbb"), repository.file);
    await symlink("../../../models--other/blobs/bbbb", repository.data);
    expect((await rejectionOf(repository.load())).message).toBe(message(", a link out of the folder"));
    await rm(repository.data);
    await symlink("../../models--other/blobs/bbbb", repository.at("blobs", "cccc"));
    await symlink("../../blobs/cccc", repository.data);
    expect((await rejectionOf(repository.load())).message).toBe(message(", a link out of the folder"));
  });

  it("are refused where the blobs are a link to elsewhere, or there are none", async () => {
    await using repository = await repositoryWith("");
    await mkdir(repository.at("..", "elsewhere"));
    await writeFile(repository.at("..", "elsewhere", "aaaa"), await readFile(repository.at("blobs", "aaaa")));
    await writeFile(repository.at("..", "elsewhere", "bbbb"), repository.file);
    await rm(repository.at("blobs"), { recursive: true });
    await symlink("../elsewhere", repository.at("blobs"));
    await symlink("../../blobs/bbbb", repository.data);
    expect((await rejectionOf(repository.load())).message).toBe(message(", a link out of the folder"));
  });

  it("are refused in what is no snapshot", async () => {
    await using model = await modelWith("m.data");
    await mkdir(model.at("blobs"));
    await writeFile(model.at("blobs", "w"), model.file);
    await symlink("../blobs/w", model.at("inside", "m.data"));
    expect((await rejectionOf(model.load())).message).toContain(", a link out of the folder");
  });
});

describe("weights beside a model that are refused", () => {
  const AGAIN = "export the model again, or save it as one file";
  const INSIDE = "a file in the model's folder or below it";
  const says = (location: string, why = "", expected = INSIDE, hint = AGAIN) => ({
    message: `initializer "b" with its data in the file ${JSON.stringify(location)}${why}: expected ${expected}`,
    hint,
  });

  it.each(["../w", "sub/../../w", "sub/../w", "..", "/etc/passwd", "C:w", "c:\\w", "\\\\host\\w", "sub\\w", "w\0"])(
    "%j",
    async (location) => {
      await using model = await modelWith(location);
      await writeFile(model.at("w"), model.file);
      await writeFile(model.at("inside", "w"), model.file);
      expect(await rejectionOf(model.load())).toEqual(says(location));
    },
  );

  it.each(["w", "sub/w", "sub/w/w", "w/"])("%s is not there", async (location) => {
    await using model = await modelWith(location);
    const hint = "copy it to the model, or save the model as one file";
    expect(await rejectionOf(model.load())).toEqual(says(location, ", which is not there", INSIDE, hint));
  });

  it.each(["sub", ".", "sub/"])("%s is a folder", async (location) => {
    await using model = await modelWith(location);
    expect(await rejectionOf(model.load())).toEqual(says(location, ", which is a folder"));
  });

  it.each([
    { title: "of the file", target: join("..", "w"), link: "w" },
    { title: "of a folder", target: "..", link: "away" },
  ])("a link out of the folder, $title", async ({ target, link }) => {
    const location = link === "w" ? "w" : "away/w";
    await using model = await modelWith(location);
    await writeFile(model.at("w"), model.file);
    await symlink(target, model.at("inside", link));
    expect(await rejectionOf(model.load())).toEqual(says(location, ", a link out of the folder"));
  });

  it("a link in a circle", async () => {
    await using model = await modelWith("w");
    await symlink("w", model.at("inside", "w"));
    expect(await rejectionOf(model.load())).toEqual({ ...says("w", ": ELOOP"), hint: "check the path and the disk" });
  });

  it("a file as if it were a folder", async () => {
    await using model = await modelWith("m.onnx/w");
    expect(await rejectionOf(model.load())).toEqual({
      ...says("m.onnx/w", ": a part of the path is not a directory"),
      hint: "give a folder",
    });
  });

  it.skipIf(process.platform === "win32")("a pipe, which would wait for ever", async () => {
    await using model = await modelWith("pipe");
    execFileSync("mkfifo", [model.at("inside", "pipe")]);
    expect(await rejectionOf(model.load())).toEqual(says("pipe", ", which is no regular file"));
  });

  it("a file that ends too early", async () => {
    await using model = await modelWith("w");
    await writeFile(model.at("inside", "w"), model.file.subarray(0, 50));
    expect(await rejectionOf(model.load())).toEqual({
      message: 'initializer "b" in bytes 48 to 60 of the file "w", which has 50: expected a file that holds them all',
      hint: AGAIN,
    });
  });

  it("weights at the end of a file larger than 2 GiB, before it is read", async () => {
    await using folder = await temporaryFolder();
    const proto = small();
    const end = 2 ** 32;
    const file = movedOut(proto, "w");
    for (const tensor of proto.graph?.initializer ?? []) {
      tensor.externalData = placeEntries({ location: "w", offset: `${end - file.length}` });
    }
    await writeFile(join(folder.path, "m.onnx"), bytesOfModel(proto));
    await writeFile(join(folder.path, "w"), "");
    await truncate(join(folder.path, "w"), end);
    expect(await rejectionOf(loadNetwork(join(folder.path, "m.onnx")))).toEqual({
      message: `initializer "w" with its data in the file "w", ${end - 12} bytes of it: expected at most ${2 ** 31 - 1} in all files`,
      hint: AGAIN,
    });
  });

  it("reads no more of a large file than the weights in it", async () => {
    await using model = await modelWith("w");
    await writeFile(model.at("inside", "w"), model.file);
    await truncate(model.at("inside", "w"), 2 ** 33);
    expect((await model.load()).network.nodes).toHaveLength(2);
  });

  it("a Git LFS pointer", async () => {
    await using model = await modelWith("m.data");
    await writeFile(model.at("inside", "m.data"), "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n");
    expect(await rejectionOf(model.load())).toEqual(
      says(
        "m.data",
        ", a Git LFS pointer, not the file that it stands for",
        "the weights themselves",
        'run "git lfs pull" in its repository, or download the file from its page',
      ),
    );
  });
});
