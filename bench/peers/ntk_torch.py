#!/usr/bin/env python3
"""torch.func peer of `gatewise ntk`: the tangent kernel of one output by the gradients of each input, as PyTorch's
tutorial on neural tangent kernels has it: `vmap(grad(f))`, then inner products, one parameter after the other.

--model fc: 784-5x128-10. --model gconv: 3x3 convolutions of 64, 64, 128 and 128 channels on 3x32x32, a global average,
dense layers of 256, 256 and 10 units. Random weights and inputs: time does not depend on them. Gradients of `--chunk`
inputs are computed at once. Prints {"processor", "seconds", "trace"} of the kernel alone, without the start.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.func import functional_call, grad, vmap

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", choices=("fc", "gconv"), required=True)
parser.add_argument("--inputs", type=int, required=True)
parser.add_argument("--dtype", choices=("float32", "float64"), default="float64")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--chunk", type=int, default=200)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(0)

if options.model == "fc":
    sizes = [784, 128, 128, 128, 128, 128]
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
    model, shape = nn.Sequential(*layers, nn.Linear(128, 10)), (784,)
else:
    sizes = [3, 64, 64, 128, 128]
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Conv2d(a, b, 3, padding=1), nn.ReLU())]
    dense = (nn.Linear(128, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
    model, shape = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *dense), (3, 32, 32)
dtype = getattr(torch, options.dtype)
model = model.to(dtype)
parameters = {name: one.detach() for name, one in model.named_parameters()}
x = torch.rand(options.inputs, *shape, dtype=dtype)
start, processor = time.perf_counter(), time.process_time()


def output(values, one):
    return functional_call(model, values, (one[None],))[0, 0]


gradients = vmap(grad(output), (None, 0))
blocks = [gradients(parameters, part) for part in x.split(options.chunk)]
kernel = torch.zeros(len(x), len(x), dtype=dtype)
for name in parameters:
    whole = torch.cat([block[name].flatten(1) for block in blocks])
    kernel += whole @ whole.T
seconds, used = time.perf_counter() - start, time.process_time() - processor
print(json.dumps({"seconds": seconds, "processor": used, "trace": float(kernel.trace())}))
