/**
 * Serves the studio to this machine: its page, and the files that its user has named, nothing else. Whatever page of the
 * internet asks this server is refused: by the name of the host that it asks for (DNS rebinding), and by policies that let no
 * other origin read or frame an answer.
 */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileError } from "../../data/node/index.ts";
import { codeOf, GatewiseError } from "../../errors.ts";
import type { ModelFile } from "../../runs/node/index.ts";

const HOST = "127.0.0.1";
/** Where the page finds the list of files; the page without a server has none. */
const NAMED = "named";
const PAGE_POLICY = "connect-src 'none'";

/** A server that listens; ended when it is released. */
export interface StudioServer extends AsyncDisposable {
  readonly address: string;
}

interface Answer {
  readonly type: string;
  readonly bytes: number;
  readonly send: (response: ServerResponse) => void;
}

/**
 * @param files that the page opens first
 * @param port 0 for one that is free
 * @throws GatewiseError if the port is in use
 */
export async function serveStudio(files: readonly ModelFile[], port: number): Promise<StudioServer> {
  const page = withFiles(
    await readFile(createRequire(import.meta.url).resolve("#dist/studio/index.html"), "utf8"),
    files,
  );
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await listen(server, port);
  const { port: taken } = server.address() as AddressInfo;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = {
      "content-security-policy": "frame-ancestors 'none'",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    };
    const refuse = (code: number, why: string, more: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(code, { ...headers, ...more, "content-type": "text/plain; charset=utf-8" });
      response.end(`${why}\n`);
    };
    const { method = "", url = "/", headers: asked } = request;
    if (asked.host !== `${HOST}:${taken}` && asked.host !== `localhost:${taken}`) {
      refuse(421, "this server is for its own machine only");
      return;
    }
    if (method !== "GET" && method !== "HEAD") {
      refuse(405, "only GET and HEAD", { allow: "GET, HEAD" });
      return;
    }
    const found = await find(url);
    if (found === undefined) {
      refuse(404, "nothing is here but the studio and the files that it was started with");
      return;
    }
    response.writeHead(200, { ...headers, "content-type": found.type, "content-length": found.bytes });
    if (method === "HEAD") response.end();
    else found.send(response);
  }

  async function find(url: string): Promise<Answer | undefined> {
    // the page keeps its state behind #, which no server sees, and a story behind ?
    const [path] = url.split("?");
    if (path === "/") {
      const bytes = Buffer.from(page);
      return { type: "text/html; charset=utf-8", bytes: bytes.length, send: (response) => response.end(bytes) };
    }
    const index = new RegExp(`^/${NAMED}/(\\d{1,4})$`).exec(path ?? "")?.[1];
    const file = index === undefined ? undefined : files[Number(index)];
    if (file === undefined) return undefined;
    const { size } = await stat(file.path);
    const send = (response: ServerResponse): void => {
      createReadStream(file.path)
        .on("error", () => response.destroy())
        .pipe(response);
    };
    return { type: "application/octet-stream", bytes: size, send };
  }

  return {
    address: `http://${HOST}:${taken}/`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The page with the names of its user's files, which it may fetch from where it comes from. */
function withFiles(page: string, files: readonly ModelFile[]): string {
  if (files.length === 0) return page;
  const list = JSON.stringify(files.map(({ name }, index) => ({ name, address: `${NAMED}/${index}` })));
  // in an attribute, whatever a file is called
  const text = list.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return page
    .replace(PAGE_POLICY, () => "connect-src 'self'")
    .replace("</head>", () => `<meta name="gatewise-files" content="${text}">\n</head>`);
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, HOST, resolve);
    });
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code !== "EADDRINUSE" && code !== "EACCES") throw fileError(thrown, `port ${port}`, "a port to serve from");
    throw new GatewiseError({
      code: "in-use",
      received: `port ${port}, ${code === "EACCES" ? "which this user may not serve from" : "which another program serves from"}`,
      expected: "a port that is free",
      next: "leave out --port: a free one is taken",
    });
  }
}
