import { GatewiseError } from "../../errors.ts";
import { float64, openOnnx, sizeOf } from "../../graph/index.ts";
import { kernelOfFew } from "../../kernels/index.ts";
import { type Asking, manyNeighbors } from "../../models/index.ts";
import { type GatedNetwork, inputShapeOf, networkFromOnnx } from "../../network/index.ts";
import type { Answers, Turn } from "../desk/answering.ts";
import { openCarriedEngine } from "../worker/engine.ts";
import { edgesOf } from "./columns.ts";
import { look } from "./look.ts";
import { openNetwork } from "./open-network.ts";
import { type OpenSession, openSession, sessionWords } from "./session.ts";
import type { ExplainTopics } from "./topics.ts";

/** Edges of a unit that are listed on each side. */
const LISTED = 8;
/** Neighbors, the input itself among them. */
const NEAREST = 9;

/** What a worker knows of this tab; each worker has its own model. */
export function explainAnswers(): Answers<ExplainTopics> {
  let session: OpenSession | undefined;
  const opened = (): OpenSession => {
    if (session !== undefined) return session;
    throw new Error("unreachable: a question before a model is open");
  };
  return {
    "explain.open": async (question, turn) => {
      const openEngine = () => openCarriedEngine(turn);
      if (question.files.length === 0) {
        const network = networkFromOnnx(openOnnx(await turn.asset("start-model")));
        session = openSession(network, openEngine);
        turn.tell(sessionWords(session, "digits.onnx", "start", question.choice));
        return;
      }
      const { name, kind, network } = await openNetwork(question);
      session = openSession(network, openEngine);
      turn.tell(sessionWords(session, name, kind, question.choice));
    },
    "explain.look": (question, turn) => look(opened(), question, turn),
    "explain.unit": async ({ column, unit }, turn) => {
      const { between, columns } = opened();
      turn.tell(edgesOf(between, columns.words, column, unit, LISTED));
    },
    "explain.neighbors": async ({ input, examples, count }, turn) => {
      const { network, engine } = opened();
      const asked = { top: NEAREST, heldOut: 0, ...watched(turn) };
      const [searched, query] = [rows(network, examples, count), rows(network, input, 1)];
      const { queries } = await manyNeighbors(network, await engine(), searched, query, asked);
      turn.tell({ neighbors: queries[0]?.neighbors ?? [] });
    },
    "explain.kernel": async ({ examples, count }, turn) => {
      const { network, engine } = opened();
      const { data } = await kernelOfFew(network, await engine(), rows(network, examples, count), {
        signal: turn.signal,
        breathe: rarely(turn.breathe),
        onProgress: (done, of) => turn.progress(done, of),
      });
      turn.tell({ kernel: data });
    },
  };
}

function rows(network: GatedNetwork, data: Float64Array, count: number) {
  const shape = inputShapeOf(network);
  const size = sizeOf(shape);
  if (data.length === count * size) return float64([count, ...shape], data);
  throw new GatewiseError({
    received: `${data.length} numbers`,
    expected: `${count} × ${size}, inputs of shape [${shape.join(", ")}]`,
    next: "open inputs of that shape",
  });
}

const watched = (turn: Turn<unknown>): Asking => ({
  signal: turn.signal,
  onProgress: ({ done, of }) => turn.progress(done, of),
});

/** A breath every 20 ms of work: each takes a turn of the loop. */
function rarely(breathe: () => Promise<void>): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 20) return;
    await breathe();
    last = performance.now();
  };
}
