"""Digits beside scikit-learn and MNIST beside PyTorch, on the same cores: `python tests/benchmarks/bench_train.py`.

Epochs of both alternate, and medians are compared. MNIST's files lie where GRAPHGRAD_MNIST says; without them, or
without a peer, a part is left out.
"""

import importlib.util
import itertools
import os
import statistics
import subprocess
import sys
import time
import warnings

import numpy as np

from graphgrad.learn.datasets import digits, mnist
from graphgrad.learn.fit import fit
from graphgrad.learn.network import mlp

EPOCHS = 5


def timed(function):
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def ours(sizes, data, batch, epochs, **said):
    """Seconds an epoch, and the history."""
    _, history = fit(mlp(*sizes, activation="relu"), data.X, data.y, epochs=epochs, batch_size=batch, **said)
    seconds = [0.0, *history["seconds"]]
    return [b - a for a, b in itertools.pairwise(seconds)], history


def torch_epochs(sizes, data, batch, epochs):
    """Seconds an epoch of PyTorch eager, as its tutorials write the loop, with batches taken by index."""
    import torch

    layers = [layer for i, o in itertools.pairwise(sizes) for layer in (torch.nn.Linear(i, o), torch.nn.ReLU())]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer, loss = torch.optim.Adam(net.parameters()), torch.nn.CrossEntropyLoss()
    X, y = torch.from_numpy(data.X), torch.from_numpy(data.y)

    def epoch():
        order = torch.randperm(len(X))
        for start in range(0, len(X), batch):
            rows = order[start : start + batch]
            optimizer.zero_grad()
            loss(net(X[rows]), y[rows]).backward()
            optimizer.step()

    return [timed(epoch) for _ in range(epochs)]


def sklearn_epochs(data, batch, epochs):
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    peer = MLPClassifier(
        (128,), batch_size=batch, max_iter=epochs, learning_rate_init=0.001, tol=0, n_iter_no_change=epochs
    )
    return timed(lambda: peer.fit(data.X, data.y)) / epochs, peer.score(*data.test)


def bench_digits():
    accuracies = []
    for seed in range(10):
        data = digits(seed)
        said = {"validation": data.test, "seed": seed, "lr": 0.003, "schedule": "cosine"}
        accuracies.append(ours((64, 128, 10), data, 32, 30, **said)[1][-1].accuracy)
    print(
        f"digits 64-128-10, 30 epochs, ten splits: accuracy mean {np.mean(accuracies):.4f}, least {min(accuracies):.4f}"
    )
    command = [sys.executable, "-c", "from graphgrad.cli import main; main()", "train", "digits"]
    print(
        f"graphgrad train digits: {timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)):.2f} s"
    )
    data, mine, theirs = digits(), [], []
    for _ in range(EPOCHS):
        mine.append(statistics.median(ours((64, 128, 10), data, 32, 20)[0]))
        seconds, score = sklearn_epochs(data, 32, 20)
        theirs.append(seconds)
    ratio = statistics.median(theirs) / statistics.median(mine)
    print(f"an epoch: {statistics.median(mine) * 1e3:.1f} ms; scikit-learn {statistics.median(theirs) * 1e3:.1f} ms"
          f" (accuracy {score:.4f} after 20), {ratio:.1f} times")  # fmt: skip


def bench_mnist(sizes, rounds):
    data = mnist()
    mine, theirs = [], []
    for _ in range(rounds):
        mine += ours(sizes, data, 64, 2)[0]
        theirs += torch_epochs(sizes, data, 64, 2)
    ours_s, torch_s = statistics.median(mine), statistics.median(theirs)
    print(
        f"MNIST {sizes}, batch 64, Adam: an epoch {ours_s:.2f} s; PyTorch {torch_s:.2f} s; ratio {ours_s / torch_s:.2f}"
    )


def bench_accuracy(sizes):
    data = mnist()
    _, history = ours(sizes, data, 64, 10, validation=data.test, schedule="cosine")
    accuracies = history["accuracy"]
    print(f"MNIST {sizes}, 10 epochs: test accuracy {accuracies[-1]:.4f}, best {max(accuracies):.4f}")


if __name__ == "__main__":
    if importlib.util.find_spec("sklearn"):
        bench_digits()
    if "GRAPHGRAD_MNIST" in os.environ:
        for layers, rounds in (((784, 128, 10), 3), ((784, 512, 256, 10), 2)):
            if importlib.util.find_spec("torch"):
                bench_mnist(layers, rounds)
            bench_accuracy(layers)
