"""Digits beside scikit-learn and MNIST beside PyTorch, on the same cores: `python tests/benchmarks/bench_train.py`.

Epochs of both alternate, and medians are compared. MNIST's files lie where GRAPHGRAD_MNIST says; without them, or
without a peer, a part is left out.
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
    report.at_least("digits 64-128-10, 30 epochs: accuracy, mean of ten splits", np.mean(accuracies), 0.975)
    print(f"           the least of them: {min(accuracies):.4f}")
    command = [sys.executable, "-c", "from graphgrad.cli import main; main()", "train", "digits"]
    taken = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    report.goal("graphgrad train digits: seconds, the whole process", taken, 3)
    if report.peer("sklearn"):
        bench_epochs()


def bench_epochs():
    """Ours and scikit-learn's, by turns."""
    data, mine, theirs = digits(), [], []
    for _ in range(EPOCHS):
        mine.append(statistics.median(ours((64, 128, 10), data, 32, 20)[0]))
        seconds, score = sklearn_epochs(data, 32, 20)
        theirs.append(seconds)
    a, b = statistics.median(mine), statistics.median(theirs)
    print(f"           an epoch: {report.shown(a)}; scikit-learn {report.shown(b)} (accuracy {score:.4f} after 20)")
    report.at_least("scikit-learn's epoch, times ours", b / a, 4)


def bench_mnist(sizes, rounds, limit):
    data = mnist()
    mine, theirs = [], []
    for _ in range(rounds):
        mine += ours(sizes, data, 64, 2)[0]
        theirs += torch_epochs(sizes, data, 64, 2)
    a, b = statistics.median(mine), statistics.median(theirs)
    print(f"           an epoch: {report.shown(a)}; PyTorch {report.shown(b)}")
    report.goal(f"MNIST {sizes}, batch 64, Adam: an epoch, of PyTorch's", a / b, limit)


def bench_accuracy(sizes, limit):
    data = mnist()
    _, history = ours(sizes, data, 64, 10, validation=data.test, schedule="cosine")
    report.at_least(f"MNIST {sizes}, 10 epochs: test accuracy", history["accuracy"][-1], limit)


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
