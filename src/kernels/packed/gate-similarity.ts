/**
 * Likeness of examples by their gates alone (theory 8): the path kernel of the gates, layer by layer over the geometric mean of
 * both examples' own, in logarithms. `½` keeps layers that share no gate, or have none open, within numbers.
 */
import { type GateRows, gateRows, type PackedGates, popcount } from "../../gates/index.ts";
import { GATE_SIMILARITY_MODULE } from "../wasm/gate-similarity-module.ts";

interface SimilarityExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dataStart(): number;
  addSimilarities(
    queries: number,
    queryCount: number,
    references: number,
    referenceCount: number,
    layers: number,
    layerCount: number,
    words: number,
    table: number,
    starts: number,
    out: number,
  ): void;
}

/** The border to the module, whose exports are known from its source. */
const similarityExports = (exports: unknown): SimilarityExports => exports as SimilarityExports;

/** Some references, of all. */
export interface ReferenceRange {
  readonly from: number;
  readonly to: number;
}

/**
 * What a layer adds to the likeness of a pair, by the number of gates open for both, and what it takes off for those that are
 * open for each of them: the path kernel of the gates in logarithms, and the Hamming distance, negative.
 */
const LIKENESSES = {
  "path kernel": {
    shared: (count: number) => Math.log(count + 0.5),
    own: (count: number) => Math.log(count + 0.5) / 2,
  },
  hamming: { shared: (count: number) => 2 * count, own: (count: number) => count },
} as const;
/** How the gates of two examples are compared. */
export type GateLikeness = keyof typeof LIKENESSES;

/** References whose gates lie in the memory of a module of their own. */
export interface GateSimilarity {
  /**
   * `Σ_l log((⟨G_l,G_l'⟩ + ½) / √((|G_l| + ½)(|G_l'| + ½)))`, 0 for an example with itself; or minus the number of gates that
   * differ.
   * @param queries as many layers of the same sizes as the references
   * @returns `[queries, to − from]`, over memory that the next call writes
   */
  similarities(queries: GateRows, references: ReferenceRange): Float64Array;
}

/** Bytes of a page of the module's memory. */
const PAGE = 65536;

/** Puts the gates of references into a module. */
export async function openGateSimilarity(
  references: PackedGates,
  likeness: GateLikeness = "path kernel",
): Promise<GateSimilarity> {
  const bytes = Uint8Array.from(atob(GATE_SIMILARITY_MODULE), (letter) => letter.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = similarityExports(instance.exports);
  const rows = gateRows(references);
  const { words, examples } = rows;
  const layers = references.layers.map(({ wordsPerExample }) => wordsPerExample / 2);
  const { shared, own } = LIKENESSES[likeness];
  const table = tableOf(references, shared);
  const ownTable = tableOf(references, own);
  const rowBytes = 8 * words;
  const tableAt = aligned(wasm.dataStart());
  const startsAt = tableAt + 8 * table.length;
  const layersAt = startsAt + 8 * examples;
  const referencesAt = aligned(layersAt + 4 * layers.length);
  const queriesAt = aligned(referencesAt + rowBytes * examples);
  reach(wasm, queriesAt);
  new Float64Array(wasm.memory.buffer, tableAt, table.length).set(table);
  new Float64Array(wasm.memory.buffer, startsAt, examples).set(ownTerms(rows, layers, ownTable).map((term) => -term));
  new Int32Array(wasm.memory.buffer, layersAt, layers.length).set(layers);
  new Uint32Array(wasm.memory.buffer, referencesAt, rows.data.length).set(rows.data);
  return {
    similarities(queries, { from, to }) {
      const [count, width] = [queries.examples, to - from];
      const outAt = aligned(queriesAt + rowBytes * count);
      reach(wasm, outAt + 8 * count * width);
      new Uint32Array(wasm.memory.buffer, queriesAt, queries.data.length).set(queries.data);
      wasm.addSimilarities(
        queriesAt,
        count,
        referencesAt + rowBytes * from,
        width,
        layersAt,
        layers.length,
        words,
        tableAt,
        startsAt + 8 * from,
        outAt,
      );
      const out = new Float64Array(wasm.memory.buffer, outAt, count * width);
      ownTerms(queries, layers, ownTable).forEach((term, query) => {
        for (let i = query * width; i < (query + 1) * width; i++) out[i]! -= term;
      });
      return out;
    },
  };
}

/** A term for every number of gates that a layer can have open. */
function tableOf({ layers }: PackedGates, term: (count: number) => number): Float64Array {
  const most = layers.reduce((largest, { units }) => Math.max(largest, units), 0);
  return Float64Array.from({ length: most + 1 }, (_, count) => term(count));
}

/** The sum over the layers of the terms of the open gates, of each example. */
function ownTerms({ examples, data }: GateRows, layers: readonly number[], table: Float64Array): Float64Array {
  const terms = new Float64Array(examples);
  let at = 0;
  for (let example = 0; example < examples; example++) {
    for (const words of layers) {
      let open = 0;
      for (const end = at + 2 * words; at < end; at++) open += popcount(data[at]!);
      terms[example]! += table[open]!;
    }
  }
  return terms;
}

const aligned = (address: number): number => Math.ceil(address / 16) * 16;

function reach({ memory }: SimilarityExports, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}
