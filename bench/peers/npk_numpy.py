#!/usr/bin/env python3
"""NumPy peer of the neural path kernel: float32 products of inputs and of 0/1 gates, multiplied element by element.

Reads inputs.npy (float32 [n, inputs]) and gates.0.npy, gates.1.npy, ... (uint8 0/1 [n, units]) of a folder. Each line
"run N" on stdin computes the kernel of the first N examples and answers
{"seconds": ..., "processor": ...}; "save N" also writes it to
kernel.npy; "quit" ends. Products of a matrix with its own transpose go through BLAS's symmetric product; the results are
written over buffers that are there, as a careful user would do.

Threads are limited before NumPy is loaded: python npk_numpy.py --folder DIR --threads 1
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--folder", type=Path, required=True)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402

inputs = np.load(options.folder / "inputs.npy")
gates = []
while (path := options.folder / f"gates.{len(gates)}.npy").exists():
    gates.append(np.load(path).astype(np.float32))
buffers: dict[int, tuple[np.ndarray, np.ndarray]] = {}


def kernel(n: int) -> np.ndarray:
    if n not in buffers:
        buffers.clear()
        buffers[n] = (np.empty((n, n), np.float32), np.empty((n, n), np.float32))
    product, overlap = buffers[n]
    x = inputs[:n]
    np.matmul(x, x.T, out=product)
    for layer in gates:
        g = layer[:n]
        np.matmul(g, g.T, out=overlap)
        np.multiply(product, overlap, out=product)
    return product


for line in sys.stdin:
    command, *arguments = line.split()
    if command == "quit":
        break
    count = int(arguments[0])
    start = time.perf_counter(), time.process_time()
    result = kernel(count)
    seconds, processor = time.perf_counter() - start[0], time.process_time() - start[1]
    if command == "save":
        np.save(options.folder / "kernel.npy", result)
    print(json.dumps({"seconds": seconds, "processor": processor}), flush=True)
