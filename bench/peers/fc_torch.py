#!/usr/bin/env python3
"""PyTorch peer of the FC/MNIST protocol: trains one gating regime in eager mode on the CPU.

Network 784 - 5x128 - 10, Glorot uniform weights, zero biases, inputs uint8/255, softmax cross-entropy, batch 32.

  relu      gates of its own, everything trains
  frnpf-ii  hard gates of a fixed random feature network, independent of the value network
  frnpf-di  hard gates of a fixed copy of the initial value network
  flnpf     hard gates of a trained ReLU network (--gates FILE.pt, written by --regime relu --save FILE.pt); without
            --gates the gates are random, which costs the same time: allowed with --steps-only and --serve only
  dlnpf     soft gates 1.1*sigmoid(4q); feature and value network both train, the output is the value network's

Output: one JSON line an epoch, then a summary line. With --serve: "epoch" on stdin trains one epoch and answers
{"seconds": ..., "processor": ...} (by the clock, and of all cores), "quit" ends; what is timed is the shuffle and the
training steps, never imports, data or evaluation.

Differences from Keras that remain: torch.optim adds Adam's eps after the bias correction and RMSprop's outside the
square root (Keras: before it, and inside).

Examples:
  python fc_torch.py --regime relu --optimizer adam --data-dir DATA --epochs 5
  python fc_torch.py --regime dlnpf --optimizer sgd --data-dir DATA --limit 10000 --serve
"""

import argparse
import gzip
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

DEPTH, WIDTH, BATCH = 6, 128, 32
BETA, EPSILON = 4.0, 0.1  # soft gate: (1 + EPSILON) * sigmoid(BETA * q)
REGIMES = ["relu", "frnpf-ii", "frnpf-di", "flnpf", "dlnpf"]
LEARNING_RATES = {"sgd": 1e-2, "adam": 1e-4, "rmsprop": 1e-4}

# (weight [in, out], bias [out]) of each layer. With this layout a layer is one addmm; F.linear transposes its weight,
# one autograd node more, and a step takes about 4 percent longer.
Layers = list[tuple[torch.Tensor, torch.Tensor]]


# --- data ----------------------------------------------------------------------------------------------------------


def read_idx(path: Path) -> np.ndarray:
    """The array of unsigned bytes in a gzipped IDX file."""
    raw = gzip.decompress(path.read_bytes())
    if raw[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    rank = raw[3]
    shape = np.frombuffer(raw, ">u4", rank, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load_mnist(folder: Path, split: str, limit: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Images as a resident float32 tensor (gathering float rows is faster than converting bytes) and labels."""
    images = read_idx(folder / f"{split}-images-idx3-ubyte.gz")[:limit]
    labels = read_idx(folder / f"{split}-labels-idx1-ubyte.gz")[:limit]
    pixels = images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
    return torch.from_numpy(pixels), torch.from_numpy(labels.astype(np.int64))


# --- networks ------------------------------------------------------------------------------------------------------


def glorot(widths: list[int], generator: torch.Generator) -> Layers:
    layers = []
    for fan_in, fan_out in zip(widths, widths[1:]):
        weight = torch.empty(fan_in, fan_out)
        torch.nn.init.xavier_uniform_(weight, generator=generator)
        layers.append((weight, torch.zeros(fan_out)))
    return layers


def relu_forward(layers: Layers, x: torch.Tensor) -> torch.Tensor:
    for weight, bias in layers[:-1]:
        x = torch.addmm(bias, x, weight).relu_()
    weight, bias = layers[-1]
    return torch.addmm(bias, x, weight)


def hard_gates(hidden: Layers, x: torch.Tensor) -> list[torch.Tensor]:
    """1{q > 0} of every hidden layer. As floats: a product with a boolean tensor is several times slower."""
    gates = []
    with torch.no_grad():
        for weight, bias in hidden:
            x = torch.addmm(bias, x, weight).relu_()
            gates.append(x.sign())
    return gates


def soft_gates(hidden: Layers, x: torch.Tensor) -> list[torch.Tensor]:
    gates = []
    for index, (weight, bias) in enumerate(hidden):
        q = torch.addmm(bias, x, weight)
        gates.append((1 + EPSILON) * torch.sigmoid(BETA * q))
        if index + 1 < len(hidden):
            x = q.relu()
    return gates


def gated_forward(layers: Layers, x: torch.Tensor, gates: list[torch.Tensor]) -> torch.Tensor:
    for (weight, bias), gate in zip(layers, gates):
        x = torch.addmm(bias, x, weight) * gate
    weight, bias = layers[-1]
    return torch.addmm(bias, x, weight)


class Model:
    """A value network and, but for `relu`, the hidden layers of a feature network (its output layer is not used)."""

    def __init__(self, regime: str, generator: torch.Generator, trained_gates: Layers | None = None, width: int = WIDTH):
        widths = [784, *[width] * (DEPTH - 1), 10]
        self.value = glorot(widths, generator)
        self.hidden: Layers = []
        if regime == "frnpf-di":
            self.hidden = [(weight.clone(), bias.clone()) for weight, bias in self.value[:-1]]
        elif regime == "flnpf" and trained_gates is not None:
            self.hidden = trained_gates[:-1]
        elif regime != "relu":
            self.hidden = glorot(widths[:-1], generator)

        trained = self.value + self.hidden if regime == "dlnpf" else self.value
        self.parameters = [tensor.requires_grad_() for layer in trained for tensor in layer]
        self.regime = regime

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self.regime == "relu":
            return relu_forward(self.value, x)
        gates = soft_gates(self.hidden, x) if self.regime == "dlnpf" else hard_gates(self.hidden, x)
        return gated_forward(self.value, x, gates)


# --- training ------------------------------------------------------------------------------------------------------


def make_optimizer(name: str, parameters: list[torch.Tensor], lr: float, fused: bool) -> torch.optim.Optimizer:
    options = {"lr": lr, "fused": True} if fused else {"lr": lr}  # not given: torch's own choice
    if name == "sgd":
        return torch.optim.SGD(parameters, **options)
    if name == "adam":
        return torch.optim.Adam(parameters, betas=(0.9, 0.999), eps=1e-7, **options)
    return torch.optim.RMSprop(parameters, alpha=0.9, eps=1e-7, **options)


def train_epoch(model, optimizer, images, labels, generator, batch: int = BATCH) -> tuple[float, float]:
    """One pass over the training set in a fresh order; seconds taken and mean loss."""
    total = 0.0
    start = time.perf_counter()
    for index in torch.randperm(len(images), generator=generator).split(batch):
        x = images.index_select(0, index)
        y = labels.index_select(0, index)
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(index)
    return time.perf_counter() - start, total / len(images)


@torch.no_grad()
def accuracy(model: Model, images: torch.Tensor, labels: torch.Tensor) -> float:
    right = sum(
        (model(x).argmax(1) == y).sum().item() for x, y in zip(images.split(1000), labels.split(1000))
    )
    return 100 * right / len(labels)


# --- command line --------------------------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    summary, details = __doc__.split("\n", 1)
    parser = argparse.ArgumentParser(
        description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--regime", choices=REGIMES, required=True)
    parser.add_argument("--optimizer", choices=list(LEARNING_RATES), default="adam")
    parser.add_argument("--lr", type=float, help="default: 1e-2 for sgd, 1e-4 for adam and rmsprop")
    parser.add_argument("--fused", action="store_true", help="fused=True optimisers (sgd, adam)")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--limit", type=int, help="use the first LIMIT training images only")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder that holds mnist/*.gz")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--width", type=int, default=WIDTH, help="units of a hidden layer")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--gates", type=Path, metavar="FILE.pt", help="flnpf: the trained ReLU network")
    parser.add_argument("--save", type=Path, metavar="FILE.pt", help="relu: write the checkpoint of best test accuracy")
    parser.add_argument("--flush-denormals", action="store_true", help="treat denormal numbers as zero")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--steps-only", action="store_true", help="time the steps, no evaluation")
    mode.add_argument("--serve", action="store_true", help="answer 'epoch' and 'quit' lines on stdin")
    args = parser.parse_args()

    evaluates = not (args.steps_only or args.serve)
    if args.gates and args.regime != "flnpf":
        parser.error("--gates belongs to --regime flnpf")
    if args.regime == "flnpf" and evaluates and not args.gates:
        parser.error("--regime flnpf needs --gates FILE.pt (random gates are for --steps-only and --serve)")
    if args.save and not (args.regime == "relu" and evaluates):
        parser.error("--save belongs to --regime relu with evaluation")
    if args.fused and args.optimizer == "rmsprop":
        parser.error("torch.optim.RMSprop has no fused implementation")
    if args.lr is None:
        args.lr = LEARNING_RATES[args.optimizer]
    return args


def reply(record: dict) -> None:
    # JSON has no NaN: a loss that is not finite is null
    finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in record.items()}
    print(json.dumps(finite), flush=True)


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(args.flush_denormals)
    generator = torch.Generator().manual_seed(args.seed)

    folder = args.data_dir / "mnist"
    images, labels = load_mnist(folder, "train", args.limit)
    trained_gates = torch.load(args.gates, weights_only=True) if args.gates else None
    model = Model(args.regime, generator, trained_gates, args.width)
    optimizer = make_optimizer(args.optimizer, model.parameters, args.lr, args.fused)

    if args.serve:
        for line in sys.stdin:
            command = line.strip()
            if command == "quit":
                break
            if command == "epoch":
                processor = time.process_time()
                seconds, _ = train_epoch(model, optimizer, images, labels, generator, args.batch)
                reply({"seconds": seconds, "processor": time.process_time() - processor})
            elif command:
                reply({"error": f"unknown command {command!r}; known: epoch, quit"})
        return

    test = None if args.steps_only else load_mnist(folder, "t10k")
    seconds_per_epoch, best = [], None
    for epoch in range(1, args.epochs + 1):
        seconds, train_loss = train_epoch(model, optimizer, images, labels, generator, args.batch)
        test_accuracy = accuracy(model, *test) if test else None
        seconds_per_epoch.append(seconds)
        reply({"epoch": epoch, "seconds": seconds, "trainLoss": train_loss, "testAccuracy": test_accuracy})
        if test_accuracy is not None and (best is None or test_accuracy > best):
            best = test_accuracy
            if args.save:
                torch.save([(weight.detach(), bias.detach()) for weight, bias in model.value], args.save)
    reply(
        {
            "regime": args.regime,
            "optimizer": args.optimizer,
            "fused": args.fused,
            "secondsPerEpoch": seconds_per_epoch,
            "bestTestAccuracy": best,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
        }
    )


if __name__ == "__main__":
    main()
