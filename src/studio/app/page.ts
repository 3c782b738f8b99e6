/** What the page carries, in elements of its own: the worker's program, the engine, digits, licenses. */
import type { GatewiseError } from "../../errors.ts";
import { Desk } from "../desk/desk.ts";
import type { AssetName, Topic } from "../desk/protocol.ts";

/** Text that the build has put into the page. */
export function carried(document: Document, id: string): string {
  const element = document.getElementById(`carried-${id}`);
  if (element === null) throw new Error(`unreachable: the page does not carry ${id}`);
  return element.textContent ?? "";
}

/**
 * A desk with a worker of its own, which starts with the first question.
 * @param onLost see `DeskWorld`
 */
export function openDesk<Topics extends Readonly<Record<string, Topic<unknown, unknown>>>>(
  document: Document,
  onLost?: (error: GatewiseError) => void,
): Desk<Topics> {
  return new Desk<Topics>({
    startWorker: () => {
      const parts = ["engine-program", "worker"].map((id) => `${carried(document, id)}\n`);
      const program = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
      const worker = new Worker(program, { name: "gatewise" });
      // the browser keeps what it has begun to read
      setTimeout(() => URL.revokeObjectURL(program), 10_000);
      return worker;
    },
    onLost,
    readAsset: (name: AssetName) => carried(document, name),
  });
}
