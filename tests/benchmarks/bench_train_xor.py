"""XOR as the lecture trains it, over many seeds: `python tests/benchmarks/bench_train_xor.py [SEEDS]`.

A network 2-4-1 with tanh, Glorot's initial values, squared error, 100 000 steps on one random example each. Prints how
many seeds end with outputs right to three decimals, how many meet a local minimum, and the running mean error.
"""

import statistics
import subprocess
import sys
import time

import numpy as np
import report

from graphgrad.learn.data.datasets import xor
from graphgrad.learn.networks.network import mlp
from graphgrad.learn.training.fit import fit

ROWS = (("sgd", 0.1, 0.003), ("adagrad", 0.1, 0.01), ("adam", 0.001, 0.03), ("amsgrad", 0.001, 0.03))


def learn(seed, optimizer, lr):
    said = {"loss": "squared_error", "optimizer": optimizer, "lr": lr, "steps": 100_000, "batch_size": 1, "seed": seed}
    return fit(mlp(2, 4, 1, seed=seed), xor().X, xor().y, **said)


def right(model):
    return bool(np.abs(model.predict(xor().X).ravel() - xor().y).max() < 5e-4)


def table(seeds):
    print(f"{'optimizer':<10}{'right':>10}{'elsewhere':>11}{'running mean: median':>22}{'of seeds right, below':>24}")
    right_of_sgd = 0
    for optimizer, lr, goal in ROWS:
        found = [learn(seed, optimizer, lr) for seed in range(seeds)]
        good = [history[-1].running for model, history in found if right(model)]
        below = sum(running < goal for running in good)
        median = statistics.median(history[-1].running for _, history in found)
        right_of_sgd = right_of_sgd or len(good)
        print(f"{optimizer:<10}{len(good):>6}/{seeds}{seeds - len(good):>11}{median:>22.5f}{below:>12} below {goal}")
    losses = []
    for seed in range(seeds):
        net = mlp(2, 4, 1, seed=seed)
        losses.append(fit(net, xor().X, xor().y, loss="squared_error", optimizer="lbfgs", steps=500)[1][-1].loss)
    good = sum(loss < 1e-6 for loss in losses)
    print(f"{'lbfgs':<10}{good:>6}/{seeds}{seeds - good:>11}   (loss below 1e-6)")
    report.at_least("right to three decimals under SGD, of ten seeds", 10 * right_of_sgd / seeds, 9)


def times():
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "from graphgrad.cli import main; main()", "train", "xor"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    report.goal("graphgrad train xor: seconds, the whole process", time.perf_counter() - began, 1)
    loops = [learn(seed, "sgd", 0.1)[1][-1].seconds for seed in range(9)]
    report.goal("in the loop, 100 000 steps: median of seconds", statistics.median(loops), 0.3)


if __name__ == "__main__":
    times()
    table(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
