"""The path kernel of gated 3x3 convolutions before a global average pool, vectorised in PyTorch float32: the peer of
bench/gap-kernel.bench.ts. Gates and images come as .npy; seconds (of the clock and of the processor) and kernel values go to standard output as JSON.

For a batch of pairs of images the kernel K[pair, y, x, y', x'] is kept whole: overlaps of gates are one batched matrix
product, box sums along rows and columns three shifted additions each (the diagonal shift moves both positions).
"""

import argparse
import json
import time

import numpy as np
import torch


def box(k: torch.Tensor, first: int, second: int) -> torch.Tensor:
    """Sum of shifts by -1, 0, 1 of two axes together, zeros outside."""
    size = k.shape[first]
    out = k.clone()
    a = [slice(None)] * k.dim()
    b = [slice(None)] * k.dim()
    for axis in (first, second):
        a[axis] = slice(0, size - 1)
        b[axis] = slice(1, size)
    out[tuple(a)] += k[tuple(b)]
    out[tuple(b)] += k[tuple(a)]
    return out


def kernels(x: torch.Tensor, gates, dense, left: torch.Tensor, right: torch.Tensor, bias: float) -> torch.Tensor:
    """x [n, c, h, w]; gates of convolutions [n, c, h, w]; of dense layers [n, units]; pairs by index."""
    _, _, height, width = x.shape
    flat = lambda maps, index: maps[index].flatten(2)
    k = torch.bmm(flat(x, left).transpose(1, 2), flat(x, right)).view(-1, height, width, height, width)
    for maps in gates:
        k = box(box(k, 1, 3), 2, 4)
        if bias:
            k += bias
        k *= torch.bmm(flat(maps, left).transpose(1, 2), flat(maps, right)).view(k.shape)
    value = k.flatten(1).sum(1, dtype=torch.float64) / (height * width) ** 2
    for units in dense:
        value = (value + bias) * (units[left] * units[right]).sum(1)
    return value + bias


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--layers", type=int, required=True)
    parser.add_argument("--dense", type=int, required=True)
    parser.add_argument("--pairs", type=int, default=0, help="only the first pairs; 0 is all")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    load = lambda name: torch.from_numpy(np.load(f"{options.folder}/{name}.npy")).float()
    x = load("x")
    gates = [load(f"gates{i}") for i in range(options.layers)]
    dense = [load(f"dense{i}") for i in range(options.dense)]
    left, right = torch.triu_indices(len(x), len(x))
    if options.pairs:
        chosen = torch.linspace(0, len(left) - 1, options.pairs).long()
        left, right = left[chosen], right[chosen]
    with torch.inference_mode():
        kernels(x, gates, dense, left[: options.batch], right[: options.batch], 1.0)
        start = (time.perf_counter(), time.process_time())
        values = [
            kernels(x, gates, dense, left[i : i + options.batch], right[i : i + options.batch], 1.0)
            for i in range(0, len(left), options.batch)
        ]
        seconds = time.perf_counter() - start[0]
        processor = time.process_time() - start[1]
    entries = torch.stack([left, right]).T.tolist()
    result = {"seconds": seconds, "processor": processor, "pairs": len(left)}
    print(json.dumps({**result, "entries": entries, "values": torch.cat(values).tolist()}))


if __name__ == "__main__":
    main()
