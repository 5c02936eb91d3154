"""Digits beside scikit-learn and MNIST beside PyTorch, on the same cores: `python tests/benchmarks/bench_train.py`.

Optimizer, batch and data are the same, epochs of both alternate, and medians are compared. PyTorch is run with one
thread and with one a core, and the faster counts. Accuracies are those of the presets of `graphgrad train`. MNIST's
files lie where GRAPHGRAD_MNIST says; without them, or without a peer, a part is left out.
"""

import itertools
import os
import statistics
import subprocess
import sys
import time
import warnings

import numpy as np
import report

from graphgrad.cli.training.presets import PRESETS
from graphgrad.learn.data.datasets import digits, mnist
from graphgrad.learn.networks.network import mlp
from graphgrad.learn.training.fit import fit

ROUNDS, SPLITS, SEEDS = 5, 20, 3


def timed(function):
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def ours(sizes, data, batch, epochs, target="numpy"):
    """Seconds an epoch."""
    net = mlp(*sizes, activation="relu")
    _, history = fit(net, data.X, data.y, epochs=epochs, batch_size=batch, progress=False, target=target)
    return [b - a for a, b in itertools.pairwise([0.0, *history["seconds"]])]


def by_preset(name, data, seed, layers=None):
    """Held-out accuracy after a run as `graphgrad train` does it."""
    preset = PRESETS[name]
    sizes = layers or map(int, preset.layers.split(","))
    how = {"loss": preset.loss, "optimizer": preset.optimizer, "lr": preset.lr, "schedule": preset.schedule}
    how |= {"epochs": preset.epochs, "batch_size": preset.batch, "seed": seed, "progress": False}
    net = mlp(*sizes, activation=preset.activation, seed=seed)
    return fit(net, data.X, data.y, validation=data.test, **how)[1][-1].accuracy


def torch_epoch(sizes, data, batch):
    """An epoch of PyTorch eager, as its tutorials write the loop, with batches taken by index."""
    import torch

    layers = [layer for i, o in itertools.pairwise(sizes) for layer in (torch.nn.Linear(i, o), torch.nn.ReLU())]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer, loss = torch.optim.Adam(net.parameters()), torch.nn.CrossEntropyLoss()
    X, y = torch.from_numpy(data.X), torch.from_numpy(data.y)

    def epoch(threads, part=1):
        torch.set_num_threads(threads)
        order = torch.randperm(len(X))
        for start in range(0, len(X) // part, batch):
            rows = order[start : start + batch]
            optimizer.zero_grad()
            loss(net(X[rows]), y[rows]).backward()
            optimizer.step()

    return epoch


def products(sizes, rows, batch):
    """Seconds of an epoch's matrix products alone, on one thread as ours."""
    from threadpoolctl import threadpool_limits

    made = np.random.default_rng(0)
    X = [made.normal(size=(batch, size)).astype(np.float32) for size in sizes]
    W = [made.normal(size=shape).astype(np.float32) for shape in itertools.pairwise(sizes)]

    def epoch():
        for _ in range(rows // batch):
            for i, w in enumerate(W):
                np.dot(X[i], w, out=X[i + 1])
            for i, w in reversed(list(enumerate(W))):
                np.dot(X[i].T, X[i + 1])
                if i:
                    np.dot(X[i + 1], w.T)

    with threadpool_limits(1, "blas"):
        return min(timed(epoch) for _ in range(3))


def sklearn_epochs(data, batch, epochs):
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    peer = MLPClassifier(
        (128,), batch_size=batch, max_iter=epochs, learning_rate_init=0.001, tol=0, n_iter_no_change=epochs
    )
    return timed(lambda: peer.fit(data.X, data.y)) / epochs, peer.score(*data.test)


def bench_digits():
    command = [sys.executable, "-c", "from graphgrad.cli import main; main()", "train", "digits"]
    said = []
    taken = timed(lambda: said.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    report.goal("graphgrad train digits: seconds, the whole process", taken, 3)
    accuracy = float(said[0].split("accuracy ")[-1].split()[0])
    report.at_least("graphgrad train digits: held-out accuracy", accuracy, 0.975)
    accuracies = [by_preset("digits", digits(seed), seed) for seed in range(SPLITS)]
    report.at_least(f"the same, mean of {SPLITS} splits", np.mean(accuracies), 0.975)
    report.at_least(f"the same, least of {SPLITS} splits", min(accuracies), 0.975)
    if report.peer("sklearn"):
        bench_epochs()


def bench_epochs():
    """Ours and scikit-learn's, by turns."""
    data, mine, theirs = digits(), [], []
    for _ in range(ROUNDS):
        mine.append(statistics.median(ours((64, 128, 10), data, 32, 20)))
        seconds, score = sklearn_epochs(data, 32, 20)
        theirs.append(seconds)
    a, b = statistics.median(mine), statistics.median(theirs)
    print(f"           an epoch: {report.shown(a)}; scikit-learn {report.shown(b)} (accuracy {score:.4f} after 20)")
    report.at_least("scikit-learn's epoch, times ours", b / a, 4)


def bench_mnist(sizes, rounds, limit):
    data, cores = mnist(), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    targets = ["numba", "numpy"] if limit < 0.5 and report.peer("numba") else ["numpy"]
    epoch, mine, theirs = torch_epoch(sizes, data, 64), {target: [] for target in targets}, []
    threads = min({1, cores}, key=lambda count: min(timed(lambda: epoch(count, part=20)) for _ in range(3)))
    for _ in range(rounds):
        for target in targets:
            mine[target] += ours(sizes, data, 64, 3, target)[1:]  # numba compiles in the first
        theirs += [timed(lambda: epoch(threads)) for _ in range(2)]
    b, medians = statistics.median(theirs), {target: statistics.median(taken) for target, taken in mine.items()}
    alone = report.shown(products(sizes, len(data.X), 64))
    how = f"threads: {threads}, the faster of 1 and {cores}"
    for target, a in medians.items():
        print(f"           an epoch: {target} {report.shown(a)}; PyTorch {report.shown(b)} ({how}): {a / b:.3f} of it")
    print(f"           the matrix products alone, on one thread: {alone}")
    said = f"MNIST {sizes}, batch 64, Adam, {targets[0]}: an epoch, of PyTorch's"
    report.goal(said, medians[targets[0]] / b, limit)


def bench_accuracy(sizes, limit):
    data = mnist()
    accuracies = [by_preset("mnist", data, seed, sizes) for seed in range(SEEDS)]
    report.at_least(f"MNIST {sizes}, 10 epochs: test accuracy, least of {SEEDS} seeds", min(accuracies), limit)


if __name__ == "__main__":
    if report.peer("sklearn.datasets"):
        bench_digits()
    if "GRAPHGRAD_MNIST" in os.environ:
        for layers, rounds, ratio, accuracy in (
            ((784, 128, 10), 3, 0.35, 0.978),
            ((784, 512, 256, 10), 2, 0.8, 0.983),
        ):
            if report.peer("torch"):
                bench_mnist(layers, rounds, ratio)
            bench_accuracy(layers, accuracy)
    else:
        print("  skipped  MNIST: GRAPHGRAD_MNIST does not say where its files lie")
