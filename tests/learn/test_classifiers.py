"""Digits and MNIST: real images, held-out accuracy, as the presets of `graphgrad train` learn them."""

import os

import numpy as np
import pytest

from graphgrad.cli.training.presets import PRESETS
from graphgrad.learn.data.datasets import MNIST, digits, mnist
from graphgrad.learn.models.model import accuracy, confusion
from graphgrad.learn.networks.network import mlp
from graphgrad.learn.training.fit import fit


def learned(name, data, seed=0):
    preset = PRESETS[name]
    how = {"loss": preset.loss, "optimizer": preset.optimizer, "lr": preset.lr, "schedule": preset.schedule}
    how |= {"epochs": preset.epochs, "batch_size": preset.batch, "seed": seed}
    net = mlp(*map(int, preset.layers.split(",")), activation=preset.activation, seed=seed)
    return fit(net, data.X, data.y, validation=data.test, **how)


@pytest.mark.parametrize("seed", range(3))
def test_digits(seed):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    data = digits(seed)
    model, history = learned("digits", data, seed)
    assert history[-1].accuracy >= 0.975
    matrix = confusion(model, *data.test)
    assert matrix.sum() == len(data.test[1])
    assert np.trace(matrix) / matrix.sum() == accuracy(model, *data.test) == history[-1].accuracy
    assert matrix.sum(axis=1).tolist() == np.bincount(data.test[1]).tolist()


@pytest.mark.slow
@pytest.mark.skipif(MNIST not in os.environ, reason=f"{MNIST} does not say where MNIST's files lie")
def test_mnist():
    data = mnist()
    model, history = learned("mnist", data)
    assert history[-1].accuracy >= 0.981
    assert model.predict(data.test[0][:5]).tolist() == data.test[1][:5].tolist()
