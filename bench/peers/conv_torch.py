#!/usr/bin/env python3
"""PyTorch peer of a convolutional gated network: training steps of one gating regime in eager mode on the CPU.

GCONV of the paper: 3x3 same convolutions of 64, 64, 128, 128 channels on [3, 32, 32], global average pooling, dense 256,
256, 10; Glorot uniform weights, zero biases, softmax cross-entropy. Images and labels are random: only time is measured.

  relu                       gates of its own, everything trains
  frnpf-ii, frnpf-di, flnpf  hard gates of a fixed feature network, computed in every step without autograd
  dlnpf                      soft gates 1.1*sigmoid(4q); feature and value network both train

"steps N" on stdin trains N steps and answers {"seconds": ..., "processor": ...}, seconds by the clock and of all cores;
"op forward|input|weight IN OUT" times one convolution of a batch, or one of its gradients, the same way; "quit" ends.

Example:
  echo "steps 5" | python conv_torch.py --regime dlnpf --optimizer adam --threads 2
"""

import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F

MAPS, DENSE, INPUT = [64, 64, 128, 128], [256, 256, 10], 3
BETA, EPSILON = 4.0, 0.1  # soft gate: (1 + EPSILON) * sigmoid(BETA * q)
REGIMES = ["relu", "frnpf-ii", "frnpf-di", "flnpf", "dlnpf"]

# (weight, bias) of each layer: convolutions [out, in, 3, 3], dense [in, out]
Layers = list[tuple[torch.Tensor, torch.Tensor]]


def glorot(narrow: int, generator: torch.Generator) -> Layers:
    maps, dense = [c // narrow for c in MAPS], [*(c // narrow for c in DENSE[:-1]), DENSE[-1]]
    shapes = [(k, c, 3, 3) for c, k in zip([INPUT, *maps], maps)] + list(zip([maps[-1], *dense], dense))
    layers = []
    for shape in shapes:
        weight = torch.empty(shape)
        torch.nn.init.xavier_uniform_(weight, generator=generator)
        layers.append((weight, torch.zeros(shape[0] if len(shape) == 4 else shape[1])))
    return layers


def linear(layer: tuple[torch.Tensor, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    weight, bias = layer
    if weight.dim() == 4:
        return F.conv2d(x, weight, bias, padding=1)
    return torch.addmm(bias, x.mean((2, 3)) if x.dim() == 4 else x, weight)


def relu_forward(layers: Layers, x: torch.Tensor) -> torch.Tensor:
    for layer in layers[:-1]:
        x = linear(layer, x).relu_()
    return linear(layers[-1], x)


def hard_gates(hidden: Layers, x: torch.Tensor) -> list[torch.Tensor]:
    """1{q > 0} of every hidden layer, as floats."""
    gates = []
    with torch.no_grad():
        for layer in hidden:
            x = linear(layer, x).relu_()
            gates.append(x.sign())
    return gates


def soft_gates(hidden: Layers, x: torch.Tensor) -> list[torch.Tensor]:
    gates = []
    for index, layer in enumerate(hidden):
        q = linear(layer, x)
        gates.append((1 + EPSILON) * torch.sigmoid(BETA * q))
        if index + 1 < len(hidden):
            x = q.relu()
    return gates


def gated_forward(layers: Layers, x: torch.Tensor, gates: list[torch.Tensor]) -> torch.Tensor:
    for layer, gate in zip(layers, gates):
        x = linear(layer, x) * gate
    return linear(layers[-1], x)


class Model:
    """A value network and, but for `relu`, the hidden layers of a feature network."""

    def __init__(self, regime: str, narrow: int, generator: torch.Generator):
        self.regime = regime
        self.value = glorot(narrow, generator)
        self.hidden = [] if regime == "relu" else glorot(narrow, generator)[:-1]
        trained = self.value + self.hidden if regime == "dlnpf" else self.value
        self.parameters = [tensor.requires_grad_() for layer in trained for tensor in layer]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self.regime == "relu":
            return relu_forward(self.value, x)
        gates = soft_gates(self.hidden, x) if self.regime == "dlnpf" else hard_gates(self.hidden, x)
        return gated_forward(self.value, x, gates)


def train_steps(model: Model, optimizer: torch.optim.Optimizer, images, labels, batch: int, steps: int, generator):
    """Bytes become inputs in [0, 1] in each step, as the data set is kept in memory as bytes."""
    for _ in range(steps):
        index = torch.randint(len(images), (batch,), generator=generator)
        x = images.index_select(0, index).float().mul_(1 / 255)
        loss = F.cross_entropy(model(x), labels.index_select(0, index))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        loss.item()


@torch.no_grad()
def convolve(what: str, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, dy: torch.Tensor) -> None:
    if what == "forward":
        F.conv2d(x, weight, bias, padding=1)
        return
    wanted = (what == "input", what == "weight", False)
    pair = (1, 1)
    torch.ops.aten.convolution_backward(dy, x, weight, None, pair, pair, pair, False, (0, 0), 1, wanted)


def timed(work) -> dict:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - clock, "processor": time.process_time() - processor}


def main() -> None:
    summary, details = __doc__.split("\n", 1)
    parser = argparse.ArgumentParser(
        description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--regime", choices=REGIMES, default="relu")
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--narrow", type=int, default=1, help="divide all widths by this")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    generator = torch.Generator().manual_seed(args.seed)
    images = torch.randint(256, (1024, INPUT, 32, 32), dtype=torch.uint8, generator=generator)
    labels = torch.randint(DENSE[-1], (len(images),), generator=generator)
    model = Model(args.regime, args.narrow, generator)
    kind = torch.optim.SGD if args.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters, lr=args.lr, **({} if args.optimizer == "sgd" else {"eps": 1e-7}))
    operands: dict[tuple[str, str], list[torch.Tensor]] = {}
    for line in sys.stdin:
        match line.split():
            case ["steps", count]:
                answer = timed(lambda: train_steps(model, optimizer, images, labels, args.batch, int(count), generator))
                print(json.dumps(answer), flush=True)
            case ["op", what, channels, out]:
                if (channels, out) not in operands:
                    c, k = int(channels), int(out)
                    shapes = [(args.batch, c, 32, 32), (k, c, 3, 3), (k,), (args.batch, k, 32, 32)]
                    operands[channels, out] = [torch.rand(shape, generator=generator) for shape in shapes]
                print(json.dumps(timed(lambda: convolve(what, *operands[channels, out]))), flush=True)
            case ["quit"]:
                return
            case _:
                print(json.dumps({"error": f"unknown command {line.strip()!r}; known: steps N, op WHAT IN OUT, quit"}), flush=True)


if __name__ == "__main__":
    main()
