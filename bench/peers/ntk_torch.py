#!/usr/bin/env python3
"""torch.func peer of `gatewise ntk`: the tangent kernel of one output by the gradients of each input, as PyTorch's
tutorial on neural tangent kernels has it: `vmap(grad(f))`, then inner products, one parameter after the other.

--model fc: 784-5x128-10. gconv: 3x3 convolutions of 64, 64, 128 and 128 channels on 3x32x32, a global average, dense
layers of 256, 256 and 10 units; gconv16 and gconv128 with other widths. cnn: 16 and 32 channels with max-pools on 28x28,
dense layers of 128 and 10. resnet: the residual network of cifar10-resnet-2b.onnx. Random weights and inputs: time does not depend on them. Gradients of `--chunk`
inputs are computed at once. Prints {"processor", "seconds", "trace"} of the kernel alone, without the start.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.func import functional_call, grad, vmap

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", choices=("fc", "gconv16", "gconv", "gconv128", "cnn", "resnet"), required=True)
parser.add_argument("--inputs", type=int, required=True)
parser.add_argument("--dtype", choices=("float32", "float64"), default="float64")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--chunk", type=int, default=200)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(0)



class Residual(nn.Module):
    """A sum of two ways."""

    def __init__(self, way, beside):
        super().__init__()
        self.way, self.beside = way, beside

    def forward(self, x):
        return torch.relu(self.way(x) + self.beside(x))


def convolution(inputs, outputs, kernel=3, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2)


if options.model == "fc":
    sizes = [784, 128, 128, 128, 128, 128]
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
    model, shape = nn.Sequential(*layers, nn.Linear(128, 10)), (784,)
elif options.model == "cnn":
    maps = [layer for a, b in ((1, 16), (16, 32)) for layer in (convolution(a, b), nn.ReLU(), nn.MaxPool2d(2))]
    dense = (nn.Flatten(), nn.Linear(32 * 49, 128), nn.ReLU(), nn.Linear(128, 10))
    model, shape = nn.Sequential(*maps, *dense), (1, 28, 28)
elif options.model == "resnet":
    first = Residual(
        nn.Sequential(convolution(8, 16, stride=2), nn.ReLU(), convolution(16, 16)), convolution(8, 16, 1, stride=2)
    )
    second = Residual(nn.Sequential(convolution(16, 16), nn.ReLU(), convolution(16, 16)), nn.Identity())
    dense = (nn.Flatten(), nn.Linear(1024, 100), nn.ReLU(), nn.Linear(100, 10))
    model = nn.Sequential(convolution(3, 8, stride=2), nn.ReLU(), first, second, *dense)
    shape = (3, 32, 32)
else:
    width = int(options.model[5:] or 64)
    sizes = [3, width, width, 2 * width, 2 * width]
    layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (convolution(a, b), nn.ReLU())]
    units = 4 * width
    dense = (nn.Linear(2 * width, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, 10))
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
