"""Estimators beside scikit-learn's at the same settings, 25 sets, 5 seeds: `python tests/benchmarks/bench_parity.py`.

Both see the same standardized rows, the same network, optimizer, rate, batch and number of epochs, by turns, on one
thread; every set is one that scikit-learn brings along or makes.
"""

import statistics
import time
import warnings
from functools import partial

import numpy as np
import report

SEEDS, ROWS = 5, 400
SHARED = {"activation": "relu"}
OURS = {"hidden": (32,), "epochs": 60, "batch_size": 32, "lr": 0.01, **SHARED}
THEIRS = {
    "hidden_layer_sizes": (32,), "max_iter": 60, "batch_size": 32, "learning_rate_init": 0.01, "alpha": 0, "tol": 0,
    "n_iter_no_change": 60, **SHARED,
}  # fmt: skip
FAR = 2.5  # standard errors, from which a difference is one


def sets():
    """Give every set's name and how it is made by a seed; whole numbers as targets are classes."""
    from sklearn import datasets as d

    read = {
        name: partial(getattr(d, f"load_{name}"), return_X_y=True)
        for name in ("iris", "wine", "breast_cancer", "digits")
    }
    fixed = {name: lambda _, load=load: load() for name, load in read.items()}
    fixed["diabetes"] = lambda _: d.load_diabetes(return_X_y=True)
    made = {
        "moons": partial(d.make_moons, ROWS, noise=0.2),
        "noisy moons": partial(d.make_moons, ROWS, noise=0.4),
        "circles": partial(d.make_circles, ROWS, noise=0.1, factor=0.5),
        "narrow circles": partial(d.make_circles, ROWS, noise=0.1, factor=0.8),
        "blobs": partial(d.make_blobs, ROWS, centers=5, cluster_std=2.0),
        "many blobs": partial(d.make_blobs, ROWS, n_features=6, centers=10, cluster_std=3.0),
        "quantiles": partial(d.make_gaussian_quantiles, n_samples=ROWS, n_features=4, n_classes=3),
        "hastie": partial(d.make_hastie_10_2, ROWS),
        "classes": partial(d.make_classification, ROWS, 20, n_informative=8),
        "four classes": partial(d.make_classification, ROWS, 20, n_informative=8, n_classes=4),
        "rare classes": partial(d.make_classification, ROWS, 10, weights=[0.9]),
        "mislabelled": partial(d.make_classification, ROWS, 10, flip_y=0.2),
        "many columns": partial(d.make_classification, ROWS, 100, n_informative=10),
        "line": partial(d.make_regression, ROWS, 10, noise=5.0),
        "noisy line": partial(d.make_regression, ROWS, 10, noise=100.0),
        "wide line": partial(d.make_regression, ROWS, 60, n_informative=10, noise=10.0),
        "friedman1": partial(d.make_friedman1, ROWS, noise=0.5),
        "friedman2": partial(d.make_friedman2, ROWS, noise=50.0),
        "friedman3": partial(d.make_friedman3, ROWS, noise=0.1),
        "roll": partial(d.make_swiss_roll, ROWS, noise=0.3),
    }  # fmt: skip
    return {**fixed, **{name: lambda seed, make=make: make(random_state=seed) for name, make in made.items()}}


def split(make, seed):
    """Give standardized rows to learn from and to be judged on."""
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    X, y = make(seed)
    classes = len(np.unique(y)) <= 10
    y = y if classes else (y - y.mean()) / y.std()
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y if classes else None)
    scaler = StandardScaler().fit(X)
    return classes, scaler.transform(X), y, scaler.transform(X_test), y_test


def main():
    """Score both on every set, and time them."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from threadpoolctl import threadpool_limits

    import graphgrad as gg

    warnings.simplefilter("ignore")
    seconds, worse, better, means = ([], []), [], [], []
    with threadpool_limits(1, "blas"):
        for name, make in sets().items():
            differences = []
            for seed in range(SEEDS):
                classes, X, y, X_test, y_test = split(make, seed)
                kinds = (gg.Classifier, MLPClassifier) if classes else (gg.Regressor, MLPRegressor)
                scores = []
                for kind, how, taken in zip(kinds, (OURS, THEIRS), seconds, strict=True):
                    began = time.perf_counter()
                    model = kind(**how, random_state=seed).fit(X, y)
                    taken.append(time.perf_counter() - began)
                    scores.append(model.score(X_test, y_test))
                differences.append(scores[0] - scores[1])
            mean, error = statistics.mean(differences), statistics.stdev(differences) / SEEDS**0.5
            means.append(mean)
            (worse if mean < -FAR * error - 1e-3 else better if mean > FAR * error + 1e-3 else []).append(name)
            print(f"           {name:15} score less scikit-learn's: {mean:+.4f} ± {error:.4f}")
    said = "; ".join(f"{kind}: {', '.join(names) or 'none'}" for kind, names in (("worse", worse), ("better", better)))
    print(f"           of {len(means)} sets, beyond {FAR} standard errors, {said}")
    report.at_least(f"score less scikit-learn's, mean of {len(means)} sets", statistics.mean(means), -0.005)
    report.goal("sets on which it is worse", len(worse), 2)
    times = statistics.median(b / a for a, b in zip(*seconds, strict=True))
    report.at_least("scikit-learn's whole fit, times ours", times, 2)


if __name__ == "__main__":
    if report.peer("sklearn.datasets"):
        main()
