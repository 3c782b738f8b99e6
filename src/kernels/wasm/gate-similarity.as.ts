/**
 * Likeness of the gates of many pairs of examples in AssemblyScript: for each pair the sum over the layers of a table's entry at
 * the number of gates that are open for both. Compiled by scripts/build-wasm.ts, timed by bench/monitor.bench.ts.
 */

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * `out[q, r] = starts[r] + Σ_l table[⟨G_l(q), G_l(r)⟩]`.
 * @param queries `[queryCount, words]` 64-bit words, the layers of an example one behind the other
 * @param references `[referenceCount, words]` alike
 * @param layers `[layerCount]` i32: 64-bit words of each layer
 * @param table float64 for each count
 * @param starts `[referenceCount]` float64
 * @param out `[queryCount, referenceCount]` float64
 */
export function addSimilarities(
  queries: usize,
  queryCount: i32,
  references: usize,
  referenceCount: i32,
  layers: usize,
  layerCount: i32,
  words: i32,
  table: usize,
  starts: usize,
  out: usize,
): void {
  const size = <usize>words << 3;
  const layersEnd = layers + ((<usize>layerCount) << 2);
  for (let q = 0; q < queryCount; q++, queries += size) {
    let reference = references;
    for (let r = 0; r < referenceCount; r++, out += 8) {
      let sum = load<f64>(starts + (<usize>r << 3));
      let a = queries;
      for (let layer = layers; layer < layersEnd; layer += 4) {
        const end = a + (<usize>load<i32>(layer) << 3);
        let both: i64 = 0;
        // two words at a time: their counts do not wait for each other
        for (; a + 8 < end; a += 16, reference += 16) {
          both +=
            popcnt<i64>(load<i64>(a) & load<i64>(reference)) + popcnt<i64>(load<i64>(a, 8) & load<i64>(reference, 8));
        }
        if (a < end) {
          both += popcnt<i64>(load<i64>(a) & load<i64>(reference));
          a += 8;
          reference += 8;
        }
        sum += load<f64>(table + (<usize>both << 3));
      }
      store<f64>(out, sum);
    }
  }
}
