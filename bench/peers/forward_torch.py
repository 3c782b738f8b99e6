"""Forward passes of networks in PyTorch float32 on one thread: the peer of bench/cnn-kernel.bench.ts.

Networks come as lines of JSON on standard input, each a list of nodes (kind, shape, inputs, window) whose weights are drawn
here; the median seconds of an image, alone and in a batch of 64, go to standard output as lines of JSON.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F


def network(nodes, output):
    weights = {}
    for at, node in enumerate(nodes):
        if "weight" in node:
            shape = node["weight"]
            weight = torch.randn(shape if node["kind"] == "convolution" else shape[::-1])
            bias = torch.randn(node["shape"][0]) if node.get("bias") else None
            weights[at] = (weight / weight[0].numel() ** 0.5, bias)

    def forward(x):
        made = []
        for at, node in enumerate(nodes):
            kind = node["kind"]
            z = made[node["input"]] if "input" in node else x
            if kind == "dense":
                z = F.linear(z, *weights[at])
            elif kind == "convolution":
                w = node["window"]
                z = F.conv2d(z, *weights[at], w["strides"], w["pads"][:2], w["dilations"], node["groups"])
            elif kind == "gate":
                z = F.relu(z)
            elif kind == "max-pool":
                w = node["window"]
                z = F.max_pool2d(z, w["kernel"], w["strides"], w["pads"][:2])
            elif kind == "average-pool":
                w = node["window"]
                z = F.avg_pool2d(z, w["kernel"], w["strides"], w["pads"][:2])
            elif kind == "sum":
                z = made[node["inputs"][0]]
                for other in node["inputs"][1:]:
                    z = z + made[other]
            elif kind == "rearrange":
                z = z.reshape(len(z), *node["shape"])
            made.append(z)
        return made[output]

    return forward


def seconds(forward, x):
    forward(x)
    repeats = max(1, int(0.02 / max(timed(forward, x, 1), 1e-6)))
    return statistics.median(timed(forward, x, repeats) for _ in range(15)) / len(x)


def timed(forward, x, repeats):
    start = time.process_time()
    for _ in range(repeats):
        forward(x)
    return (time.process_time() - start) / repeats


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    for line in sys.stdin:
        told = json.loads(line)
        forward = network(told["nodes"], told["output"])
        shape = told["nodes"][0]["shape"]
        with torch.inference_mode():
            result = {"one": seconds(forward, torch.rand(1, *shape)), "batch": seconds(forward, torch.rand(64, *shape))}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
