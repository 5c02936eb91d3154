"""L-BFGS: it finds what SciPy's own finds, and stopped anywhere it goes on to the same bits."""

import numpy as np
import pytest

from graphgrad.core.errors import UsageError
from graphgrad.frontend.parse import parse
from graphgrad.learn.networks.network import mlp, network
from graphgrad.learn.training.fit import fit
from graphgrad.learn.updates import lbfgs
from graphgrad.learn.updates.lbfgs import LbfgsStep

optimize = pytest.importorskip("scipy.optimize", reason="scipy is not installed")

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(50, 3))
Y = np.sin(X.sum(axis=1))
RUN = {"optimizer": "lbfgs", "steps": 12}


class Stopped(BaseException):
    pass


def same(one, two):
    assert all(np.array_equal(one.weights[name], two.weights[name]) for name in one.weights)


def stopped_at(monkeypatch, place):
    """Stop a run at an evaluation, wherever in an iteration it stands; gives how many there were."""
    count, evaluation = [0], lbfgs.LbfgsRun.evaluation

    def counted(run, data):
        inner = evaluation(run, data)

        def evaluate(theta):
            count[0] += 1
            if count[0] == place:
                raise Stopped
            return inner(theta)

        return evaluate

    monkeypatch.setattr(lbfgs.LbfgsRun, "evaluation", counted)
    return count


def test_stopped_at_every_evaluation_it_ends_with_the_same_bits(tmp_path, monkeypatch):
    net = mlp(3, 4, 1)
    with monkeypatch.context() as patch:
        count = stopped_at(patch, None)
        whole, history = fit(net, X, Y, **RUN)
    for place in range(1, count[0] + 1):
        kept = {"checkpoint": tmp_path / f"{place}.safetensors", "every": 0, "resume": True}
        with monkeypatch.context() as patch:
            stopped_at(patch, place)
            with pytest.raises(Stopped):
                fit(net, X, Y, **RUN, **kept)
        resumed, again = fit(net, X, Y, **RUN, **kept)
        same(whole, resumed)
        assert again["loss"] == history["loss"]


def test_an_interrupt_in_the_first_iteration_is_kept_too(tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(lbfgs.LbfgsRun, "ahead", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt, match="step 0 is kept"):
            fit(mlp(3, 4, 1), X, Y, **RUN, checkpoint=path)
    resumed, _ = fit(mlp(3, 4, 1), X, Y, **RUN, checkpoint=path, resume=True)
    same(fit(mlp(3, 4, 1), X, Y, **RUN)[0], resumed)


def test_a_longer_run_goes_on_and_a_converged_one_does_not(tmp_path):
    kept = {"checkpoint": tmp_path / "run.safetensors", "resume": True}
    fit(mlp(3, 4, 1), X, Y, **RUN, **kept)
    longer, _ = fit(mlp(3, 4, 1), X, Y, **RUN | {"steps": 20}, **kept)
    same(fit(mlp(3, 4, 1), X, Y, **RUN | {"steps": 20})[0], longer)
    kept["checkpoint"] = tmp_path / "line.safetensors"
    line, history = fit(mlp(3, 1), X, Y, **RUN | {"steps": 100}, **kept)
    assert len(history) < 30
    again, more = fit(mlp(3, 1), X, Y, **RUN | {"steps": 200}, **kept)
    same(line, again)
    assert len(more) == len(history)


FUNCTIONS = {  # with the value at the minimum
    "rosenbrock": ("sum(100 * square(p[1:] - square(p[:-1])) + square(1 - p[:-1]))", 0.0),
    "narrow": ("sum(square(p * w))", 0.0),
    "logarithm": ("sum(p - log(p))", 6.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_needs_about_as_many_evaluations_as_scipy_s_own(name):
    text, least = FUNCTIONS[name]
    graph = parse(text, p=6, **({"w": 6} if name == "narrow" else {}))
    fed = (np.logspace(0, 3, 6),) if name == "narrow" else ()
    step, begin = LbfgsStep(graph, {"p": (6,)}, "float64"), np.array([1.5, 0.6, 1.2, 0.7, 0.9, 0.2])
    run = step.start({"p": begin})
    seen = set()
    evaluate = run.evaluation(fed)
    run.evaluation = lambda _: lambda theta: seen.add(theta.tobytes()) or evaluate(theta)
    while not run.converged and run.t < 1000:
        run.epoch(*fed)
    with np.errstate(invalid="ignore"):
        theirs = optimize.minimize(evaluate, begin, jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-10})
    assert run.value == pytest.approx(least, abs=1e-12)
    assert len(seen) < 1.5 * theirs.nfev + 10


def test_the_pairs_are_those_of_the_last_iterations():
    run = LbfgsStep(parse("sum(p**4 + square(p - w))", p=40, w=40), {"p": (40,)}, "float64").start({"p": np.ones(40)})
    places, slopes = [], []
    for _ in range(25):
        run.epoch(np.arange(40.0))
        places.append(run.theta)
        slopes.append(run.slope)
    assert len(run.steps) == lbfgs.MEMORY
    assert np.array_equal(run.steps, np.diff(places, axis=0)[-lbfgs.MEMORY :])
    assert np.array_equal(run.changes, np.diff(slopes, axis=0)[-lbfgs.MEMORY :])


def test_the_direction_is_newton_s_where_the_pairs_know_all():
    """Of a quadratic with n pairs along its axes, by the formula of BFGS updates from a scaled identity."""
    scales = np.array([1.0, 4.0, 9.0])
    run = LbfgsStep(parse("sum(w * square(p)) / 2", p=3, w=3), {"p": (3,)}, "float64").start({"p": np.ones(3)})
    run.slope, run.steps, run.changes = scales, np.eye(3), np.diag(scales)
    np.testing.assert_allclose(run.direction(), -np.ones(3))


def test_it_never_goes_up():
    """Nor where the line search says so, as it may at the end, among roundings."""
    run = LbfgsStep(parse("sum(p**4 - p)", p=3), {"p": (3,)}, "float64").start({"p": np.array([0.1, 0.5, 2.0])})
    values = [run.epoch()[0] for _ in range(3)]
    before, run.search = run.theta, lambda *_, **__: (-1.0,)
    values.append(run.epoch()[0])
    assert run.converged
    assert np.array_equal(run.theta, before)
    assert values == sorted(values, reverse=True)


def test_it_steps_back_from_where_there_is_no_number():
    """Down a slope that grows steeper up to an edge, where SciPy's own ends with nan."""
    net = network("log(X @ w)", X=("N", 2), w=2).starting(w=[1.0, 1.0])
    model, history = fit(net, [[1.0, 2.0]], [-3.0], loss="mse", optimizer="lbfgs", steps=99)
    np.testing.assert_allclose(model.predict([[1.0, 2.0]]), -3)
    assert np.isfinite(history["loss"]).all()


def test_patience_and_tolerance_end_it():
    held = (GENERATOR.normal(size=(40, 3)), GENERATOR.normal(size=40))
    noise = GENERATOR.normal(size=50)
    model, history = fit(mlp(3, 30, 1), X, noise, **RUN | {"steps": 500}, validation=held, patience=5)
    best = min(history["validation"])
    assert history["validation"].index(best) == len(history) - 6
    assert np.mean((model.predict(held[0]).ravel() - held[1]) ** 2) == pytest.approx(best)
    _, whole = fit(mlp(3, 4, 1), X, Y, **RUN | {"steps": 500})
    _, history = fit(mlp(3, 4, 1), X, Y, **RUN | {"steps": 500}, tolerance=1e-2)
    assert 1 < len(history) < len(whole) / 2


def test_what_it_does_not_take():
    for more in ({"lr": 0.0}, {"schedule": "cosine"}, {"settings": {"b": 1}}, {"clip_norm": 1.0}, {"target": "numba"}):
        with pytest.raises(UsageError, match="L-BFGS has no rate, settings, clipping or targets"):
            fit(mlp(3, 4, 1), X, Y, **RUN, **more)
    with pytest.raises(UsageError, match="not both"):
        fit(mlp(3, 4, 1), X, Y, epochs=1, **RUN)


def start(text, *point):
    return LbfgsStep(parse(text, p=len(point)), {"p": (len(point),)}, "float64").start({"p": np.array(point)})


def test_only_positive_curvature_is_remembered():
    run = start("sum(1 - exp(-square(p)))", 2.0, 1.0, 0.1)  # concave but near 0
    for _ in range(20):
        run.epoch()
        assert (np.sum(run.steps * run.changes, axis=1) > 0).all()
    assert run.value < 1e-12


def test_where_the_line_search_gives_up_the_lowest_point_is_taken():
    run = start("sum(square(p))", 1.0, 1.0)

    def give_up(value, _slope, theta, direction, *_, **__):
        for length in (0.3, 1.0, 5.0):
            value(theta + length * direction)
        return (None,)

    run.search = give_up
    assert run.epoch()[0] == pytest.approx(2 * (1 - 0.5**0.5) ** 2)


def test_where_the_memory_leads_nowhere_it_is_forgotten():
    run = start("sum(p**4)", 1.0, 2.0)
    run.epoch()
    run.epoch()
    search = run.search
    run.search = lambda *given, **more: (None,) if len(run.steps) else search(*given, **more)
    before, value = run.value, run.epoch()[0]
    assert value < before
    assert not run.converged
    assert len(run.steps) == 1


def test_a_step_has_a_greatest_length():
    run = start("sum(p)", 0.0, 0.0)
    run.epoch()
    assert np.linalg.norm(run.theta) == pytest.approx(lbfgs.FARTHEST)


def test_it_does_not_begin_where_there_is_no_number():
    with np.errstate(invalid="ignore"):
        assert np.isnan(start("sum(log(p))", 1.0, -1.0).epoch()).all()
