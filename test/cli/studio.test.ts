/** What the studio's server gives, and to whom. */
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serveStudio } from "../../src/cli/studio/serve.ts";
import { gatewise } from "../support/command-line.ts";
import { rejectionOf } from "../support/error-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

interface Answered {
  readonly code: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const ask = (address: string, options: Parameters<typeof request>[1] = {}): Promise<Answered> =>
  new Promise((done, fail) => {
    request(address, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece) => {
        text += piece;
      });
      response.on("end", () => done({ code: response.statusCode, headers: response.headers, text }));
    })
      .on("error", fail)
      .end();
  });

it("serves the page and what was named to this machine, and nothing else to nobody else", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "m.onnx");
  await writeFile(path, "bytes");
  await using server = await serveStudio([{ name: '"><script>', path }], 0);
  const { address } = server;
  const page = await ask(address);
  expect(page.code).toBe(200);
  expect(page.headers).toMatchObject({
    "content-security-policy": "frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "content-type": "text/html; charset=utf-8",
  });
  expect(page.text).toContain("connect-src 'self'");
  expect(page.text).toContain(
    '<meta name="gatewise-files" content="[{&quot;name&quot;:&quot;\\&quot;>&lt;script>&quot;,&quot;address&quot;:&quot;named/0&quot;}]">',
  );
  expect(await ask(`${address}named/0`)).toMatchObject({ code: 200, text: "bytes" });
  expect(await ask(`${address}named/0`, { method: "HEAD" })).toMatchObject({ code: 200, text: "" });
  for (const other of ["named/1", "named/", "named/../etc/passwd", "package.json", "%2e%2e/x"]) {
    expect((await ask(`${address}${other}`)).code, other).toBe(404);
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) expect((await ask(address, { method })).code).toBe(405);
  const { port } = new URL(address);
  for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", "127.0.0.1:1"]) {
    expect((await ask(address, { headers: { host } })).code, host).toBe(421);
  }
  expect((await ask(address, { headers: { host: `localhost:${port}` } })).code).toBe(200);
  expect(await rejectionOf(serveStudio([], Number(port)))).toEqual({
    message: `port ${port}, which another program serves from: expected a port that is free`,
    hint: "leave out --port: a free one is taken",
  });
});

it("without files it lets the page ask nothing at all", async () => {
  await using server = await serveStudio([], 0);
  expect((await ask(server.address)).text).toContain("connect-src 'none'");
});

it.each([
  { args: ["studio", "nowhere.onnx"], code: 1, says: "nowhere.onnx, which is not there" },
  { args: ["studio", "--port", "70000"], code: 2, says: "--port 70000: expected at most 65535" },
])("$args", async ({ args, code, says }) => {
  const ended = await gatewise(args);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain(says);
});
