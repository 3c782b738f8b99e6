/**
 * What a convolution's edges make of maps, in float64: the loops of convolution-map.ts with two numbers an instruction. The sums of each
 * position are made in the same order, so that the bits are the same. Back over the edges is the same from outputs to inputs
 * (convolution-module.ts). Compiled by scripts/build-wasm.ts, timed by bench/flow.bench.ts. All addresses are of float64 or int32 arrays
 * of the caller, behind `dataStart`.
 */

/** Positions whose sums stay in the nearest cache beside the factors of a channel. */
const BLOCK: i32 = 16;

/** Where the caller's data begin, behind the module's own. */
export function dataStart(): usize {
  return __heap_base;
}

/**
 * Forward: for each position the sums over the taps of every input channel.
 * @param x `[channels, area]`; @param factors `[input channel, tap, output channel of the group]`
 * @param places `[positions, taps]`: the element of a channel that a tap meets, −1 outside the map
 * @param out `[positions, output channels]`, zeros
 * @param room for `taps` numbers and as many addresses
 */
export function forward(
  x: usize,
  factors: usize,
  places: usize,
  out: usize,
  room: usize,
  channels: i32,
  area: i32,
  outputs: i32,
  groups: i32,
  taps: i32,
  positions: i32,
): void {
  const perGroup = outputs / groups;
  const inputsPerGroup = channels / groups;
  const addresses = room + (<usize>taps << 3);
  // the factors of one channel serve a block of positions while they are in the nearest cache
  for (let block = 0; block < positions; block += BLOCK) {
    const end = min(block + BLOCK, positions);
    for (let c = 0; c < channels; c++) {
      const map = x + (<usize>(c * area) << 3);
      const first = factors + (<usize>(c * taps * perGroup) << 3);
      const group = <usize>((c / inputsPerGroup) * perGroup) << 3;
      for (let position = block; position < end; position++) {
        const held = places + (<usize>(position * taps) << 2);
        let count = 0;
        for (let tap = 0; tap < taps; tap++) {
          const at = load<i32>(held + (<usize>tap << 2));
          if (at < 0) continue;
          const value = load<f64>(map + (<usize>at << 3));
          if (value == 0) continue;
          store<f64>(room + (<usize>count << 3), value);
          store<usize>(addresses + (<usize>count << 2), first + (<usize>(tap * perGroup) << 3));
          count++;
        }
        if (count > 0) combine(out + (<usize>(position * outputs) << 3) + group, perGroup, room, addresses, count);
      }
    }
  }
}

/** Adds `Σ values[i] · (what lies at addresses[i])` to a run of numbers, four terms at a time as combineInto does. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function combine(out: usize, length: i32, values: usize, addresses: usize, count: i32): void {
  const bytes = <usize>length << 3;
  const pairs = <usize>(length & ~1) << 3;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const p = load<usize>(addresses + (<usize>i << 2));
    const q = load<usize>(addresses + (<usize>i << 2), 4);
    const r = load<usize>(addresses + (<usize>i << 2), 8);
    const s = load<usize>(addresses + (<usize>i << 2), 12);
    const a = load<f64>(values + (<usize>i << 3));
    const b = load<f64>(values + (<usize>i << 3), 8);
    const c = load<f64>(values + (<usize>i << 3), 16);
    const d = load<f64>(values + (<usize>i << 3), 24);
    const a2 = f64x2.splat(a);
    const b2 = f64x2.splat(b);
    const c2 = f64x2.splat(c);
    const d2 = f64x2.splat(d);
    let j: usize = 0;
    for (; j < pairs; j += 16) {
      const left = f64x2.add(f64x2.mul(a2, v128.load(p + j)), f64x2.mul(b2, v128.load(q + j)));
      const right = f64x2.add(f64x2.mul(c2, v128.load(r + j)), f64x2.mul(d2, v128.load(s + j)));
      v128.store(out + j, f64x2.add(v128.load(out + j), f64x2.add(left, right)));
    }
    for (; j < bytes; j += 8) {
      const sum = a * load<f64>(p + j) + b * load<f64>(q + j) + (c * load<f64>(r + j) + d * load<f64>(s + j));
      store<f64>(out + j, load<f64>(out + j) + sum);
    }
  }
  for (; i < count; i++) {
    const p = load<usize>(addresses + (<usize>i << 2));
    const a = load<f64>(values + (<usize>i << 3));
    const a2 = f64x2.splat(a);
    let j: usize = 0;
    for (; j < pairs; j += 16) v128.store(out + j, f64x2.add(v128.load(out + j), f64x2.mul(a2, v128.load(p + j))));
    for (; j < bytes; j += 8) store<f64>(out + j, load<f64>(out + j) + a * load<f64>(p + j));
  }
}
