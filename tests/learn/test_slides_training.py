"""Training as the slides have it: the mean error so far, a stop where nothing moves any more, lines where wanted."""

import numpy as np
import pytest
from click.testing import CliRunner

import graphgrad as gg
from graphgrad.cli.main import group
from graphgrad.learn.networks.losses import LOSSES
from graphgrad.learn.networks.network import mlp
from graphgrad.learn.training.fit import fit

GENERATOR = np.random.default_rng(5)
X, Y = GENERATOR.normal(size=(7, 3)), GENERATOR.normal(size=(7, 2))
FROZEN = "p + 0 * g"  # an update that changes nothing: every step sees the same network


@pytest.mark.parametrize("batch", [1, 3, 7, 100])
@pytest.mark.parametrize("loss", ["squared_error", "mse", "sum(abs(R - Y))", "mean(abs(R - Y))", "0.5*sum((R-Y)**2)"])
def test_the_mean_error_is_a_mean_over_examples(loss, batch):
    model, history = fit(
        mlp(3, 4, 2), X, Y, loss=loss, optimizer=FROZEN, epochs=2, batch_size=batch, validation=(X, Y), shuffle=False
    )
    text = LOSSES[loss].text if loss in LOSSES else loss
    each = [gg.trace(text, R=model.scores(x[None]), Y=y[None]).value for x, y in zip(X, Y, strict=True)]
    assert history[-1].running == pytest.approx(np.mean(each))
    assert history[-1].loss == pytest.approx(np.mean(each))
    assert history[-1].validation == pytest.approx(np.mean(each))


def test_lbfgs_tells_a_mean_too():
    pytest.importorskip("scipy", reason="scipy is not installed")
    sums, history = fit(mlp(3, 4, 2), X, Y, loss="squared_error", optimizer="lbfgs", steps=3)
    total = np.sum((sums.scores(X) - Y) ** 2)
    assert history[-1].loss == pytest.approx(total / len(X))


def test_lbfgs_refuses_what_it_would_ignore():
    for said, message in (({"batch_size": 2}, "L-BFGS takes all examples"), ({"lr": 0.1}, "L-BFGS has no rate")):
        with pytest.raises(gg.UsageError, match=message):
            fit(mlp(3, 4, 2), X, Y, optimizer="lbfgs", steps=3, **said)
    told = CliRunner().invoke(group, ["train", "xor", "--optimizer", "lbfgs", "--steps", "3", "--batch", "2"])
    assert isinstance(told.exception, gg.UsageError)


@pytest.mark.parametrize("length", [{"epochs": 100_000}, {"steps": 400_000}])
def test_it_ends_where_nothing_moves_any_more(length):
    told = {"optimizer": "sgd", "lr": 0.1, "batch_size": 1, "seed": 1}
    line = np.arange(4.0)[:, None] / 3
    model, history = fit(mlp(1, 1), line, 2 * line + 1, step_tolerance=1e-12, **told, **length)
    assert history[-1].step < 100_000
    np.testing.assert_allclose(model.predict([[10.0]]), 21, rtol=1e-8)


def test_a_resumed_run_ends_at_the_same_step(tmp_path):
    line = np.arange(4.0)[:, None] / 3
    told = {"optimizer": "sgd", "lr": 0.1, "batch_size": 1, "step_tolerance": 1e-9}
    whole, history = fit(mlp(1, 1), line, 2 * line, steps=50_000, **told)
    kept = tmp_path / "c.safetensors"
    fit(mlp(1, 1), line, 2 * line, steps=1_500, checkpoint=kept, **told)
    resumed, later = fit(mlp(1, 1), line, 2 * line, steps=50_000, checkpoint=kept, resume=True, **told)
    assert later[-1].step == history[-1].step < 50_000
    assert all(np.array_equal(whole.weights[name], resumed.weights[name]) for name in whole.weights)


@pytest.mark.parametrize(("steps", "every"), [(1000, 250), (2500, 700), (999, 1000), (1500, 1500)])
def test_lines_come_where_they_are_wanted(steps, every):
    told = CliRunner().invoke(group, ["train", "xor", "--steps", str(steps), "--print-every", str(every)])
    assert told.exit_code == 0, told.output
    counts = [int(line.split()[0]) for line in told.output.splitlines() if "mean error so far" in line]
    assert counts == list(range(every, steps + 1, every))
    told = CliRunner().invoke(group, ["train", "xor", "--epochs", "10", "--print-every", "3"])
    counts = [int(line.split()[0]) for line in told.output.splitlines() if "mean error so far" in line]
    assert counts == [3, 6, 9]


def test_recording_more_often_changes_no_bit():
    rarely, _ = fit(mlp(3, 4, 2), X, Y, steps=2500, batch_size=2)
    often, history = fit(mlp(3, 4, 2), X, Y, steps=2500, batch_size=2, record_every=37)
    assert all(np.array_equal(rarely.weights[name], often.weights[name]) for name in often.weights)
    assert [record.step for record in history] == [*range(37, 2501, 37), 2500]
    with pytest.raises(gg.UsageError, match="record_every needs steps"):
        fit(mlp(3, 4, 2), X, Y, epochs=3, record_every=2)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdaGrad", "AmsGrad", "LBFGS", "L-BFGS", "RMSprop"])
def test_optimizers_have_the_lectures_spelling(name):
    if "BFGS" in name:
        pytest.importorskip("scipy", reason="scipy is not installed")
    plain = name.lower().replace("-", "")
    one, _ = fit(mlp(3, 4, 2), X, Y, optimizer=name, steps=3)
    other, _ = fit(mlp(3, 4, 2), X, Y, optimizer=plain, steps=3)
    assert all(np.array_equal(one.weights[key], other.weights[key]) for key in one.weights)


def test_the_likelihood_of_a_set_is_a_sum():
    labels = np.array([0, 1, 1, 0, 1, 0, 0])
    for name in ("nll", "negative_log_likelihood"):
        sums, told = fit(mlp(3, 4, 2), X, labels, loss=name, optimizer="sgd", lr=0.1 / 7, epochs=3, batch_size=None)
    means, history = fit(
        mlp(3, 4, 2), X, labels, loss="cross_entropy", optimizer="sgd", lr=0.1, epochs=3, batch_size=None
    )
    for key in sums.weights:
        np.testing.assert_allclose(sums.weights[key], means.weights[key], rtol=1e-12)
    np.testing.assert_allclose(told["loss"], history["loss"], rtol=1e-12)  # both are told as means over examples
    assert np.array_equal(sums.predict(X), means.predict(X))
