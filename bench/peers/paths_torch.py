#!/usr/bin/env python3
"""PyTorch peer of path statistics: one example of a ReLU network, by layers of matrix products and convolutions in float64.

Reads network.json of a folder ({"layers": [{"kind": "dense" | "convolution" | "mean", "weight": file, "bias": file}, ...]}, ReLU
behind all layers with weights but the last, convolutions of stride 1 that keep the size) and example.npy. Each line on stdin,
"activate OUTPUT", "statistics OUTPUT", "top OUTPUT" or "sample OUTPUT", does that once and answers {"seconds": ..., "processor": ...,
"value": ...}; "quit" ends. What each does is what a careful user would write: whole layers at once, nothing path by path.

* activate: pre-activations and gates.
* statistics: six passes (signed sum, mass, mass times logarithm, squares, contributing, active paths), each behind the same gates.
* top: the pass of maxima and the 20 largest paths by k-best prefixes of every unit (dense layers only).
* sample: 1,000 paths drawn backward in proportion to their mass, all at once.
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
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(options.threads)
torch.set_grad_enabled(False)
load = lambda name: torch.from_numpy(np.load(options.folder / name).astype(np.float64))  # noqa: E731
layers = []
for layer in json.loads((options.folder / "network.json").read_text())["layers"]:
    kind = layer["kind"]
    layers.append((kind, None, None) if kind == "mean" else (kind, load(layer["weight"]), load(layer["bias"])))
example = load("example.npy")
last = len(layers) - 1


def apply(kind, x, weight):
    if kind == "dense":
        return x @ weight
    if kind == "mean":
        return x.mean(dim=(1, 2))
    return F.conv2d(x[None], weight, padding=weight.shape[2] // 2)[0]


def per_unit(bias, like):
    return bias.reshape(-1, *[1] * (like.dim() - 1)).expand(like.shape)


def activate():
    x, gates = example, []
    for i, (kind, weight, bias) in enumerate(layers):
        x = apply(kind, x, weight)
        if bias is not None:
            x = x + per_unit(bias, x)
        if bias is not None and i < last:
            gates.append((x > 0).double())
            x = x * gates[-1]
        else:
            gates.append(None)
    return x, gates


def walk(gates, of, mean_of):
    """Sums over paths to each unit, layer by layer, of what `of` makes of weights, biases and the example."""
    x = of(example)
    units = [x]
    for (kind, weight, bias), gate in zip(layers, gates):
        if kind == "mean":
            x = x.sum(dim=(1, 2)) * mean_of(1 / (x.shape[1] * x.shape[2]))
        else:
            x = apply(kind, x, of(weight))
            x = x + per_unit(of(bias), x)
        if gate is not None:
            x = x * gate
        units.append(x)
    return units


def logarithms(gates, masses):
    """The sum over paths of |c| log|c|."""
    log = lambda w: torch.special.xlogy(w.abs(), w.abs())  # noqa: E731
    x = log(example)
    for (kind, weight, bias), gate, mass in zip(layers, gates, masses):
        if kind == "mean":
            share = 1 / (x.shape[1] * x.shape[2])
            x = x.sum(dim=(1, 2)) * share + mass.sum(dim=(1, 2)) * share * np.log(share)
        else:
            x = apply(kind, x, weight.abs()) + apply(kind, mass, log(weight))
            x = x + per_unit(log(bias), x)
        if gate is not None:
            x = x * gate
    return x


def statistics(output):
    logits, gates = state
    masses = walk(gates, torch.abs, abs)
    sums = walk(gates, lambda w: w, lambda w: w)[-1]
    squares = walk(gates, torch.square, lambda w: w * w)[-1]
    contributing = walk(gates, lambda w: (w != 0).double(), lambda w: 1)[-1]
    active = walk(gates, torch.ones_like, lambda w: 1)[-1]
    slope = logarithms(gates, masses)[output]
    mass = masses[-1][output]
    entropy = torch.log(mass) - slope / mass
    return float(sum(x[output] * 0 for x in (sums, squares, contributing, active)) + entropy)


def top(output, k=20):
    gates = state[1]
    best = example.abs()[:, None]  # [units, prefixes]
    for (_, weight, bias), gate in zip(layers, gates):
        terms = (best[:, :, None] * weight.abs()[:, None, :]).reshape(-1, weight.shape[1])
        terms = torch.cat([terms, bias.abs()[None]])
        best = torch.topk(terms, min(k, terms.shape[0]), dim=0).values.T
        if gate is not None:
            best = best * gate[:, None]
    return float(best[output, :k].min())


def sample(output, count=1000):
    gates = state[1]
    masses = walk(gates, torch.abs, abs)
    unit = torch.full((count,), output)
    product = torch.ones(count, dtype=torch.float64)
    done = torch.zeros(count, dtype=torch.bool)
    for i in range(last, -1, -1):
        kind, weight, bias = layers[i]
        before = masses[i]
        if kind == "dense":
            terms = torch.cat([bias.abs()[unit][:, None], (before.reshape(-1)[:, None] * weight.abs()).T[unit]], 1)
        elif kind == "mean":
            terms = torch.cat([torch.zeros(count, 1), before.flatten(1)[unit]], 1)
        else:
            size, kernel = before.shape[1:], weight.shape[2]
            channel, place = unit // (size[0] * size[1]), unit % (size[0] * size[1])
            patches = F.unfold(before[None], kernel, padding=kernel // 2)[0].T[place]
            terms = torch.cat([bias.abs()[channel][:, None], patches * weight.abs().flatten(1)[channel]], 1)
        upto = terms.cumsum(1)
        chosen = torch.searchsorted(upto, torch.rand(count, 1, dtype=torch.float64) * upto[:, -1:])[:, 0]
        chosen = chosen.clamp(max=terms.shape[1] - 1)
        done |= chosen == 0
        edge = (chosen - 1).clamp(min=0)
        if kind == "dense":
            product *= torch.where(done, 1.0, weight[edge, unit])
            unit = edge
        elif kind == "mean":
            unit = unit * (before.shape[1] * before.shape[2]) + edge
        else:
            taps = kernel * kernel
            product *= torch.where(done, 1.0, weight.flatten(1)[channel, edge])
            source, tap = edge // taps, edge % taps
            row = place // size[1] + tap // kernel - kernel // 2
            column = place % size[1] + tap % kernel - kernel // 2
            unit = torch.where(done, 0, (source * size[0] + row) * size[1] + column)
    return float(product.abs().sum())


state = activate()
work = {"activate": lambda output: float(activate()[0][output]), "statistics": statistics, "top": top, "sample": sample}
for line in sys.stdin:
    command, *arguments = line.split()
    if command == "quit":
        break
    start = time.perf_counter(), time.process_time()
    value = work[command](int(arguments[0]))
    seconds, processor = time.perf_counter() - start[0], time.process_time() - start[1]
    print(json.dumps({"seconds": seconds, "processor": processor, "value": value}), flush=True)
