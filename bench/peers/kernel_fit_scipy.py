#!/usr/bin/env python3
"""SciPy peer of `gatewise kernel-fit`: the same answers from a kernel and its labels, by LAPACK.

Reads kernel.npy (float64 [n, n]) and labels.npy of a folder, as the command does, and prints seconds and processor time
from the start of the process, with the answers: nu and the smallest eigenvalue (Cholesky), the effective rank (all
eigenvalues), ten ridges by leave-one-out (all eigenvectors, `eigh` with the driver `evd`, the fastest of SciPy here), the
fit (Cholesky).

Threads are limited before NumPy is loaded: python kernel_fit_scipy.py --folder DIR --threads 1
"""

import argparse
import json
import os
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--kernel", type=Path, required=True)
parser.add_argument("--labels", type=Path, required=True)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402
import scipy.linalg as sl  # noqa: E402

kernel = np.load(options.kernel)
labels = np.load(options.labels)
n, trace = len(kernel), np.trace(kernel)
classes = np.unique(labels)
y = np.where(labels[:, None] == classes[None, :], 1.0, -1.0)

factor = sl.cho_factor(kernel, check_finite=False)
nu = trace * (y * sl.cho_solve(factor, y, check_finite=False)).sum(0).mean()
values, vectors = sl.eigh(kernel, driver="evd", check_finite=False)
share = np.maximum(values, 0) / np.maximum(values, 0).sum()
share = share[share > 0]
rank = float(np.exp(-(share * np.log(share)).sum()))
rotated, squares = vectors.T @ y, vectors**2
best = None
errors = []
for ridge in 10.0 ** np.arange(-8, 2):
    weights = 1 / (values + ridge * trace / n)
    left = y - (vectors @ (weights[:, None] * rotated)) / (squares @ weights)[:, None]
    score = (float((classes[left.argmax(1)] == labels).mean()), -float(((left - y) ** 2).mean()))
    errors.append(-score[1])
    if best is None or score > best[0]:
        best = (score, ridge)
shifted = kernel + best[1] * trace / n * np.eye(n)
fitted = kernel @ sl.cho_solve(sl.cho_factor(shifted, check_finite=False), y, check_finite=False)
accuracy = 100 * float((classes[fitted.argmax(1)] == labels).mean())
print(
    json.dumps(
        {
            "nu": nu,
            "smallestEigenvalue": float(values[0]),
            "effectiveRank": rank,
            "ridge": best[1],
            "squaredErrors": errors,
            "trainAccuracy": accuracy,
            "processor": time.process_time(),
        }
    )
)
