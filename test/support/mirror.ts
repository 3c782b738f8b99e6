import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface Mirror extends AsyncDisposable {
  readonly url: string;
  /** `path` or `path range` of each request, in order. */
  readonly requests: string[];
  breakOff(): void;
}

/** How a mirror answers: it gets the file asked for, from the byte asked for. */
export type Answer = (file: Buffer, from: number) => RequestListener;

/** A server on this machine, of files by their path: `/name`. */
export async function mirrorOf(files: ReadonlyMap<string, Buffer>, answer: Answer): Promise<Mirror> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { range } = request.headers;
    requests.push(range === undefined ? `${request.url}` : `${request.url} ${range}`);
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    answer(files.get(request.url ?? "") ?? Buffer.alloc(0), from)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    breakOff: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Serves the file, or the rest of it, as servers do that understand ranges. */
export const serves: Answer = (file, from) => (_, response) => {
  if (from >= file.length) return void response.writeHead(416, { "content-range": `bytes */${file.length}` }).end();
  const headers = { "content-length": file.length - from };
  const range = { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` };
  response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, ...range } : headers).end(file.subarray(from));
};
