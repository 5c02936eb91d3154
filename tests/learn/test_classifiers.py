"""Digits and MNIST: real images, held-out accuracy."""

import os

import numpy as np
import pytest

from graphgrad.learn.datasets import MNIST, digits, mnist
from graphgrad.learn.fit import fit
from graphgrad.learn.model import accuracy, confusion
from graphgrad.learn.network import mlp


@pytest.mark.slow
def test_digits():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    data = digits()
    model, history = fit(mlp(64, 128, 10, activation="relu"), data.X, data.y, validation=data.test, epochs=30)
    assert history[-1].accuracy > 0.95
    matrix = confusion(model, *data.test)
    assert matrix.sum() == len(data.test[1])
    assert np.trace(matrix) / matrix.sum() == accuracy(model, *data.test) == history[-1].accuracy
    assert matrix.sum(axis=1).tolist() == np.bincount(data.test[1]).tolist()


@pytest.mark.slow
@pytest.mark.skipif(MNIST not in os.environ, reason=f"{MNIST} does not say where MNIST's files lie")
def test_mnist():
    data = mnist()
    model, history = fit(
        mlp(784, 128, 10, activation="relu"), data.X, data.y, validation=data.test, epochs=10, batch_size=64
    )
    assert max(history["accuracy"]) >= 0.978
    assert history["accuracy"][-1] > 0.97
    assert model.predict(data.test[0][:5]).tolist() == data.test[1][:5].tolist()
