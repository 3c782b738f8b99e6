#!/usr/bin/env python3
"""PyTorch peer of flow: gradient x input and the value of one output less another, in float64.

Reads network.json and example.npy of a folder as paths_torch.py does. Each line on stdin, "flow A B", does it once, writes flow.npy
into the folder and answers {"seconds": ..., "processor": ..., "value": ...}; "quit" ends.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--folder", type=Path, required=True)
options = parser.parse_args()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(1)
load = lambda name: torch.from_numpy(np.load(options.folder / name).astype(np.float64))  # noqa: E731
layers = []
for layer in json.loads((options.folder / "network.json").read_text())["layers"]:
    kind = layer["kind"]
    layers.append((kind, None, None) if kind == "mean" else (kind, load(layer["weight"]), load(layer["bias"])))
example = load("example.npy")
last = len(layers) - 1


def forward(x):
    for i, (kind, weight, bias) in enumerate(layers):
        if kind == "mean":
            x = x.mean(dim=(1, 2))
            continue
        if kind == "dense":
            x = x @ weight + bias
        else:
            x = F.conv2d(x[None], weight, bias, padding=weight.shape[2] // 2)[0]
        if i < last:
            x = F.relu(x)
    return x


def flow(output, against):
    x = example.clone().requires_grad_()
    logits = forward(x)
    value = logits[output] - logits[against]
    value.backward()
    return value.item(), (x * x.grad).detach().numpy()


for line in sys.stdin:
    if line.strip() == "quit":
        break
    _, output, against = line.split()
    clock, processor = time.perf_counter(), time.process_time()
    value, map = flow(int(output), int(against))
    seconds, spent = time.perf_counter() - clock, time.process_time() - processor
    np.save(options.folder / "flow.npy", map)
    print(json.dumps({"seconds": seconds, "processor": spent, "value": value}), flush=True)
