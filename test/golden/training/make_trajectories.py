#!/usr/bin/env python3
"""Trajectories of 20 steps by PyTorch in float64, for test/train/torch-trajectories.test.ts: writes trajectories.json.

Two networks 12-7-6-3 of one shape, 16 examples of bytes, scaled by 1/255, in batches of 8 in their order, 10 epochs. A case is
a plan's regime, optimizer and recipe as gatewise has them, the mean loss of each epoch, and the parameters at the end.
Optimizers and schedulers are torch.optim's, the norm is clipped by torch.nn.utils.clip_grad_norm_. Adam's and RMSprop's
epsilon stand where Keras has them (`adam`: before the bias correction), AdamW's where PyTorch has it.

Usage: python make_trajectories.py   (torch and numpy; versions stand in the file)
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler

torch.set_default_dtype(torch.float64)
WIDTHS = [12, 7, 6, 3]
EXAMPLES, BATCH, EPOCHS = 16, 8, 10
STEPS_OF_EPOCH = EXAMPLES // BATCH
HERE = Path(__file__).parent


def drawn():
    rng = np.random.default_rng(16)
    inputs = rng.integers(0, 256, (EXAMPLES, 3, 4))
    labels = rng.integers(0, 3, EXAMPLES)
    parameters = {}
    for network in ["value", "feature"]:
        for layer, (fan_in, fan_out) in enumerate(zip(WIDTHS, WIDTHS[1:]), 1):
            if network == "feature" and layer == len(WIDTHS) - 1:
                continue
            weight = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
            bias = rng.normal(0, 0.1, fan_out)
            parameters[f"{network}.{layer}.weight"] = weight.astype(np.float32)
            parameters[f"{network}.{layer}.bias"] = bias.astype(np.float32)
    return inputs, labels, parameters


INPUTS, LABELS, START = drawn()


def norms(network, layers):
    rng = np.random.default_rng(17)
    made = {}
    for number, units in layers:
        ones, zeros = np.ones(units), np.zeros(units)
        made[f"{network}.{number}.scale"] = (ones + rng.normal(0, 0.2, units)).astype(np.float32)
        made[f"{network}.{number}.shift"] = rng.normal(0, 0.2, units).astype(np.float32)
        made[f"{network}.{number}.mean"] = zeros.astype(np.float32)
        made[f"{network}.{number}.variance"] = ones.astype(np.float32)
    return made


def convolutions():
    rng = np.random.default_rng(18)
    shapes = {"value.1.weight": (4, 1, 3, 3), "value.2.weight": (4, 4, 3, 3), "value.3.weight": (4, 3), "value.3.bias": (3,)}
    made = {name: rng.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}
    return {**made, **norms("value", [(1, 4), (2, 4)])}


def without_bias(*networks):
    """A normalized layer has none: its shift is one."""
    return {name: array for name, array in START.items()
            if not any(name == f"{network}.{number}.bias" for network in networks for number, _ in HIDDEN)}


HIDDEN = [(1, WIDTHS[1]), (2, WIDTHS[2])]
STARTS = {
    "dense": START,
    "dense, normalized": {**without_bias("value", "feature"), **norms("value", HIDDEN), **norms("feature", HIDDEN)},
    # features that do not train have no normalization
    "dense, normalized values": {**without_bias("value"), **norms("value", HIDDEN)},
    "convolutions, normalized": convolutions(),
}


# --- Philox4x32-10 (Salmon et al., SC 2011) with streams keyed by what is drawn, as docs/reproducibility.md has them ---------


def words(purpose, count, seed=0):
    fnv = 0xCBF29CE484222325  # FNV-1a of 64 bits: the upper half of the counter
    for byte in "\0".join(map(str, purpose)).encode():
        fnv = (fnv ^ byte) * 0x100000001B3 % 2**64
    drawn = []
    for block in range(-(-count // 4)):
        c, k = [block, 0, fnv % 2**32, fnv >> 32], [seed, 0]
        for _ in range(10):
            p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
            c = [(p1 >> 32) ^ c[1] ^ k[0], p1 % 2**32, (p0 >> 32) ^ c[3] ^ k[1], p0 % 2**32]
            k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
        drawn += c
    return np.array(drawn[:count], dtype=np.uint64)


def flags(purpose, count, probability):
    drawn = words(purpose, -(-count // 2))
    halves = np.stack([drawn & 0xFFFF, drawn >> 16], axis=1).flatten()[:count]
    return (halves < round(probability * 65536)).astype(np.float64)


def dropped(name, step, z, rate):
    if rate == 0:
        return z
    kept = flags(["dropout", name, step], z.numel(), 1 - rate)
    return z * torch.tensor(kept.reshape(z.shape)) / (round((1 - rate) * 65536) / 65536)


def moved(images, augment, epoch):
    """Padded by torch.nn.functional.pad and cut, then flipped."""
    crop, flip = augment.get("crop", 0), augment.get("flip", False)
    shift = {axis: np.floor(words(["crop", epoch, axis], EXAMPLES) / 2**32 * (2 * crop + 1)).astype(int)
             for axis in ["rows", "columns"]}
    mirrored = flags(["flip", epoch], EXAMPLES, 0.5) if flip else np.zeros(EXAMPLES)
    height, width = images.shape[1:]
    padded = F.pad(images, (crop, crop, crop, crop))
    cut = [padded[i, y : y + height, x : x + width] for i, (y, x) in enumerate(zip(shift["rows"], shift["columns"]))]
    return torch.stack([image.flip(-1) if mirror else image for image, mirror in zip(cut, mirrored)])


def normed(parameters, network, number, q, training=True):
    """Batch normalization where the layer has one; running statistics are moved in place."""
    at = {kind: parameters.get(f"{network}.{number}.{kind}") for kind in ["mean", "variance", "scale", "shift"]}
    if at["scale"] is None:
        return q
    return F.batch_norm(q, at["mean"], at["variance"], at["scale"], at["shift"], training=training, momentum=0.1, eps=1e-5)


def layer(parameters, network, number, z, training=True):
    q = z @ parameters[f"{network}.{number}.weight"]
    if f"{network}.{number}.bias" in parameters:
        q = q + parameters[f"{network}.{number}.bias"]
    return normed(parameters, network, number, q, training)


def forward_conv(parameters, x, training):
    """3x3 convolution, a residual sum around another, mean of the map, dense: normalized behind both convolutions."""
    def convolution(number, z):
        return normed(parameters, "value", number, F.conv2d(z, parameters[f"value.{number}.weight"], padding=1), training)

    z = torch.relu(convolution(1, x.reshape(-1, 1, 3, 4)))
    z = torch.relu(convolution(2, z) + z)
    return z.mean(dim=(2, 3)) @ parameters["value.3.weight"] + parameters["value.3.bias"]


def forward(parameters, regime, x, step, dropout, training=True):
    """Logits of a ReLU network, or of a value network behind the gates of the feature network."""
    if parameters["value.1.weight"].dim() == 4:
        return forward_conv(parameters, x, training)
    hidden = range(1, len(WIDTHS) - 1)
    z = feature = x
    for number in hidden:
        q = layer(parameters, "value", number, z, training)
        if regime == "relu":
            z = dropped(f"dense{number}.gate", step, torch.relu(q), dropout)
            continue
        decider = layer(parameters, "feature", number, feature, training)
        feature = torch.relu(decider)
        if regime == "dlnpf" and number < len(WIDTHS) - 2:  # the last only decides
            feature = dropped(f"feature.dense{number}.gate", step, feature, dropout)
        gate = 1.1 * torch.sigmoid(4 * decider) if regime == "dlnpf" else (decider > 0).double()
        z = dropped(f"dense{number}.gate", step, q * gate, dropout)
    return layer(parameters, "value", len(WIDTHS) - 1, z)


def optimizer_of(config, parameters):
    kind, lr = config["kind"], config["learningRate"]
    decay = config.get("weightDecay", 0)
    if kind == "sgd":
        momentum, nesterov = config["momentum"], config.get("nesterov", False)
        return torch.optim.SGD(parameters, lr, momentum=momentum, nesterov=nesterov, weight_decay=decay)
    if kind == "rmsprop":
        return torch.optim.RMSprop(parameters, lr, alpha=config["rho"], eps=config["epsilon"], weight_decay=decay)
    make = torch.optim.AdamW if kind == "adamw" else torch.optim.Adam
    betas = (config["beta1"], config["beta2"])
    return make(parameters, lr, betas=betas, eps=config["epsilon"], weight_decay=decay)


def scheduler_of(schedule, optimizer):
    """The factor of every step by torch's schedulers, stepped once a batch."""
    if schedule is None:
        return lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)
    steps = EPOCHS * STEPS_OF_EPOCH
    warmup = round(schedule["warmup"] * STEPS_OF_EPOCH)
    rise = [lr_scheduler.LinearLR(optimizer, 1 / warmup, total_iters=warmup - 1)] if warmup > 0 else []
    if schedule["kind"] == "step":
        milestones = [epoch * STEPS_OF_EPOCH for epoch in schedule["milestones"]]
        then = lr_scheduler.MultiStepLR(optimizer, milestones, schedule["gamma"])
        return lr_scheduler.ChainedScheduler([*rise, then])
    if schedule["kind"] == "constant":
        return rise[0]
    then = lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - warmup)
    return lr_scheduler.SequentialLR(optimizer, [*rise, then], milestones=[warmup]) if rise else then


def class_weights(recipe):
    weights = recipe.get("classWeights")
    if weights == "balanced":  # as sklearn.utils.class_weight.compute_class_weight has it
        counts = np.bincount(LABELS, minlength=3)
        weights = EXAMPLES / (3 * counts)
    return None if weights is None else torch.tensor(weights, dtype=torch.float64)


def trained(network, regime, config, recipe):
    """The mean loss of each epoch, and the parameters after the last."""
    start = STARTS[network]
    names = [name for name in start if name.startswith("value") or regime != "relu"]
    trains = [name for name in names if name.startswith("value") or regime == "dlnpf"]
    moving = [name for name in trains if not name.endswith(("mean", "variance"))]
    parameters = {name: torch.tensor(start[name].astype(np.float64), requires_grad=name in moving) for name in names}
    own = [parameters[name] for name in moving]
    optimizer = optimizer_of(config, own)
    scheduler = scheduler_of(recipe.get("schedule"), optimizer)
    images = torch.tensor(INPUTS / 255)
    y = torch.tensor(LABELS)
    means, tests = [], []
    for step in range(EPOCHS * STEPS_OF_EPOCH):
        if config["kind"] == "adam":  # Keras's epsilon: before the bias correction
            correction = np.sqrt(1 - config["beta2"] ** (step + 1))
            optimizer.param_groups[0]["eps"] = config["epsilon"] / correction
        epoch = step // STEPS_OF_EPOCH + 1
        x = (moved(images, recipe["augment"], epoch) if "augment" in recipe else images).reshape(EXAMPLES, -1)
        rows = slice(BATCH * (step % STEPS_OF_EPOCH), BATCH * (step % STEPS_OF_EPOCH + 1))
        smoothing, weights = recipe.get("labelSmoothing", 0), class_weights(recipe)
        logits = forward(parameters, regime, x[rows], step + 1, recipe.get("dropout", 0))
        loss = F.cross_entropy(logits, y[rows], weights, label_smoothing=smoothing)
        optimizer.zero_grad()
        loss.backward()
        if "clipNorm" in recipe:
            torch.nn.utils.clip_grad_norm_(own, recipe["clipNorm"])
        optimizer.step()
        scheduler.step()
        means.append(loss.item())
        if (step + 1) % STEPS_OF_EPOCH == 0:
            with torch.no_grad():
                logits = forward(parameters, regime, images.reshape(EXAMPLES, -1), 0, 0, training=False)
                tests.append(F.cross_entropy(logits, y).item())
    losses = np.array(means).reshape(EPOCHS, STEPS_OF_EPOCH).mean(axis=1)
    return losses.tolist(), tests, {name: rounded(parameters[name]) for name in names}


def rounded(tensor):
    return [float(f"{value:.8g}") for value in tensor.detach().flatten().tolist()]


SGD = {"kind": "sgd", "learningRate": 0.1, "momentum": 0}
MOMENTUM = {**SGD, "momentum": 0.9}
ADAM = {"kind": "adam", "learningRate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7}
ADAMW = {**ADAM, "kind": "adamw", "epsilon": 1e-8, "weightDecay": 0.1}
RMSPROP = {"kind": "rmsprop", "learningRate": 0.002, "rho": 0.9, "epsilon": 1e-7}
STEP = {"kind": "step", "milestones": [3, 7], "gamma": 0.3, "warmup": 0}
COSINE = {"kind": "cosine", "epochs": EPOCHS, "warmup": 0}

CASES = [
    ("sgd", "relu", SGD, {}),
    ("momentum", "relu", MOMENTUM, {}),
    ("Nesterov's momentum", "relu", {**MOMENTUM, "nesterov": True}, {}),
    ("weight decay", "relu", {**SGD, "weightDecay": 0.05}, {}),
    ("Nesterov's momentum and weight decay", "relu", {**MOMENTUM, "nesterov": True, "weightDecay": 0.05}, {}),
    ("adam", "relu", ADAM, {}),
    ("adam with L2", "relu", {**ADAM, "weightDecay": 0.05}, {}),
    ("rmsprop with L2", "relu", {**RMSPROP, "weightDecay": 0.05}, {}),
    ("adamw", "relu", ADAMW, {}),
    ("step schedule", "relu", SGD, {"schedule": STEP}),
    ("step schedule after a warm-up", "relu", SGD, {"schedule": {**STEP, "warmup": 1.5}}),
    ("momentum and step schedule", "relu", MOMENTUM, {"schedule": STEP}),
    ("cosine schedule", "relu", SGD, {"schedule": COSINE}),
    ("Nesterov's momentum, decay, cosine after a warm-up", "relu",
     {**MOMENTUM, "nesterov": True, "weightDecay": 0.01}, {"schedule": {**COSINE, "warmup": 2}}),
    ("constant rate after a warm-up", "relu", ADAM, {"schedule": {"kind": "constant", "warmup": 4.5}}),
    ("adamw and cosine", "relu", ADAMW, {"schedule": {**COSINE, "warmup": 1}}),
    ("clipped gradients", "relu", SGD, {"clipNorm": 0.3}),
    ("clipped gradients of adam with L2", "relu", {**ADAM, "weightDecay": 0.05}, {"clipNorm": 0.3}),
    ("both networks: momentum, decay, clipped", "dlnpf", {**MOMENTUM, "weightDecay": 0.05}, {"clipNorm": 0.5}),
    ("both networks: adamw and cosine", "dlnpf", ADAMW, {"schedule": COSINE}),
    ("smoothed labels", "relu", SGD, {"labelSmoothing": 0.2}),
    ("class weights", "relu", SGD, {"classWeights": [0.5, 2, 1]}),
    ("balanced classes, smoothed", "relu", MOMENTUM, {"classWeights": "balanced", "labelSmoothing": 0.1}),
    ("both networks: class weights, smoothed, adam", "dlnpf", ADAM, {"classWeights": [3, 1, 2], "labelSmoothing": 0.1}),
    ("dropout", "relu", SGD, {"dropout": 0.3}),
    ("dropout in both networks", "dlnpf", MOMENTUM, {"dropout": 0.3}),
    ("dropout behind fixed gates", "flnpf", ADAM, {"dropout": 0.2}),
    ("crops and flips", "relu", SGD, {"augment": {"crop": 1, "flip": True}}),
    ("crops in front of fixed gates, dropout", "flnpf", SGD, {"augment": {"crop": 2}, "dropout": 0.2}),
    ("batch normalization|dense, normalized", "relu", MOMENTUM, {}),
    ("batch normalization of both networks, decay|dense, normalized", "dlnpf", {**ADAMW}, {}),
    ("batch normalization behind fixed gates|dense, normalized values", "flnpf", {**SGD, "weightDecay": 0.05}, {}),
    ("batch normalization of convolutions, residual|convolutions, normalized", "relu", SGD, {}),
    ("batch normalization of convolutions, everything|convolutions, normalized", "relu",
     {**MOMENTUM, "nesterov": True, "weightDecay": 0.01},
     {"schedule": {**COSINE, "warmup": 1}, "clipNorm": 1, "labelSmoothing": 0.1, "augment": {"crop": 1, "flip": True}}),
    ("fixed features are not decayed", "flnpf", {**SGD, "weightDecay": 0.05}, {}),
]


def main():
    cases = []
    for name, regime, config, recipe in CASES:
        network = "dense"
        if "|" in name:
            name, network = name.split("|")
        losses, tests, parameters = trained(network, regime, config, recipe)
        changes = {"regime": regime, "optimizer": config, **({"recipe": recipe} if recipe else {})}
        case = {"name": name, "network": network, "plan": changes, "losses": losses}
        cases.append({**case, "testLosses": tests, "parameters": parameters})
    golden = {
        "made": f"make_trajectories.py, torch {torch.__version__}",
        "inputs": INPUTS.flatten().tolist(),
        "labels": LABELS.tolist(),
        "starts": {
            network: {name: [float(value) for value in array.flatten()] for name, array in start.items()}
            for network, start in STARTS.items()
        },
    }
    head = json.dumps(golden)[:-1]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (HERE / "trajectories.json").write_text(f'{head}, "cases": [\n{lines}\n]}}\n')


main()
