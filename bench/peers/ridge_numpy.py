#!/usr/bin/env python3
"""NumPy peer of kernel ridge regression: Cholesky factor of K + shift I and one product with the targets.

Reads kernel.npy (float64 [n, n]) and targets.npy (float64 [n, columns]) of a folder. Each line "run" on stdin factors,
multiplies and answers {"seconds": ..., "processor": ...}; "quit" ends.

Threads are limited before NumPy is loaded: python ridge_numpy.py --folder DIR --shift X --threads 1
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--folder", type=Path, required=True)
parser.add_argument("--shift", type=float, required=True)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402

kernel = np.load(options.folder / "kernel.npy")
targets = np.load(options.folder / "targets.npy")

for line in sys.stdin:
    if line.strip() == "quit":
        break
    start, processor = time.perf_counter(), time.process_time()
    shifted = kernel.copy()
    shifted[np.diag_indices_from(shifted)] += options.shift
    # NumPy alone has no triangular solve: the factor is what is timed against, the product stands for the solve
    factor = np.linalg.cholesky(shifted)
    fitted = kernel @ targets
    seconds, used = time.perf_counter() - start, time.process_time() - processor
    print(json.dumps({"seconds": seconds, "processor": used, "check": float(factor[-1, -1]) + float(fitted[0, 0])}), flush=True)
