"""What people who train networks stumble over, as they ask about it in public: each is prevented, or named."""

import copy
import pickle
import re

import numpy as np
import pytest

import graphgrad as gg

GENERATOR = np.random.default_rng(3)
X = GENERATOR.normal(size=(90, 3))
LINE = X @ [1.0, -2.0, 0.5]
KINDS = np.array(["lily", "oak", "rose"])[np.digitize(LINE, [-1, 1])]
FRAME = {"size": X[:, 0], "colour": np.where(X[:, 1] > 0, "red", "blue"), "age": X[:, 2]}
HOW = {"epochs": 60, "lr": 0.02, "progress": False}


def fitted(*given, **how):
    return gg.fit(*given, **{**HOW, **how})[0]


def holed(value, at=(4, 1)):
    found = X.copy()
    found[at] = value
    return found


REFUSED = {  # what is done, and what the error says
    "a gap among the examples": (lambda: fitted(gg.mlp(3, 1), holed(np.nan), LINE), r"X\[4, 1\] .* is nan"),
    "an infinite example": (lambda: fitted(gg.mlp(3, 1), holed(np.inf), LINE), r"X\[4, 1\] .* is inf"),
    "a gap among the targets": (lambda: fitted(gg.mlp(3, 1), X, holed(np.nan)[:, 1]), r"y\[4\] .* is nan|y\[4, 0\]"),
    "words in an array": (lambda: fitted(gg.mlp(3, 1), X.astype(str), LINE), "not numbers: the first is"),
    "other lengths": (lambda: fitted(gg.mlp(3, 1), X, LINE[:-1]), "90 examples, and y 89 targets"),
    "one-hot classes": (lambda: fitted(gg.mlp(3, 3), X, np.eye(3)[[0, 1, 2] * 30], loss="cross_entropy"), "argmax"),
    "too many classes": (lambda: fitted(gg.mlp(3, 2), X, KINDS, loss="cross_entropy"), "2 outputs, and y 3 classes"),
    "too few outputs": (lambda: fitted(gg.mlp(3, 2), X, np.arange(90) % 3), "there are 2 classes, 0 to 1"),
    "classes as numbers": (lambda: fitted(gg.mlp(3, 1), X, KINDS, loss="mse"), "learned by cross_entropy"),
    "halves of classes": (lambda: fitted(gg.mlp(3, 2), X, LINE, loss="cross_entropy"), "which is no class index"),
    "yes and no as 1 and 2": (
        lambda: fitted(gg.mlp(3, 1), X, 1.0 + (LINE > 0), loss="binary_cross_entropy"),
        "binary_cross_entropy wants 0 to 1",
    ),
    "one class": (lambda: fitted(gg.mlp(3, 1), X, np.full(90, "rose")), "one class, 'rose'"),
    "a network for other columns": (lambda: fitted(gg.mlp(4, 1), X, LINE), r"the network wants \(N, 4\)"),
    "a frame that becomes more numbers": (lambda: fitted(gg.mlp(3, 1), FRAME, LINE), "an mlp's first size is 4"),
    "one example": (lambda: fitted(gg.mlp(3, 1), X, LINE).predict(X[0]), r"one example is X\[None\]"),
    "a column too few": (lambda: fitted(gg.mlp(3, 1), X, LINE).predict(X[:, :2]), "has shape 90×2|shape"),
    "a name misspelt": (
        lambda: fitted(gg.mlp(4, 1), FRAME, LINE).predict({"sise" if n == "size" else n: v for n, v in FRAME.items()}),
        "is it 'sise'",
    ),
    "an option of another library": (lambda: gg.fit(gg.mlp(3, 1), X, LINE, epoch=3), "did you mean 'epochs'"),
    "no length": (lambda: gg.fit(gg.mlp(3, 1), X, LINE), "say how long to train"),
    "two lengths": (lambda: gg.fit(gg.mlp(3, 1), X, LINE, epochs=1, steps=1), "not both"),
    "patience for nothing": (lambda: fitted(gg.mlp(3, 1), X, LINE, patience=3), "patience needs validation"),
    "numbers that run away": (
        lambda: fitted(gg.mlp(3, 1), X, LINE, optimizer="sgd", lr=1e200),
        "step",
    ),
}  # fmt: skip
NOTED = {  # what is done, and what is said beside it
    "columns of other sizes": (gg.mlp(3, 1), X * [1, 1, 1e5], LINE, {}, "standardize=True makes them alike"),
    "softmax twice": (
        gg.network("softmax(X @ W)", X=("N", 3), W=(3, 3)), X, KINDS, {"loss": "cross_entropy"}, "applies it, too"),
    "a sigmoid twice": (
        gg.network("sigmoid(X @ W)", X=("N", 3), W=(3, 1)), X, LINE > 0, {"loss": "binary_cross_entropy"},
        "applies it, too"),
    "weights that are all zero": (
        gg.mlp(3, 4, 1).starting(W1=np.zeros((4, 3)), W2=np.zeros((1, 4))), X, LINE, {}, "no better than the naive"),
    "a class of nearly all": (
        gg.mlp(3, 2), np.ones((90, 3)), np.where(np.arange(90) % 15, "no", "yes"), {}, "no better than the naive"),
    "dead units": (
        gg.mlp(3, 8, 1, activation="relu").starting(b1=np.full(8, -50.0)), X, LINE, {"lr": 1e-3}, "dead units: 8 of 8"),
    "a rate that is too high": (
        gg.mlp(3, 1), X, LINE, {"optimizer": "sgd", "lr": 1.02, "batch_size": 90, "epochs": 15}, "diverged"),
}  # fmt: skip


@pytest.mark.parametrize("trouble", REFUSED)
def test_what_is_refused_says_what_would_be_right(trouble):
    done, said = REFUSED[trouble]
    with pytest.raises(gg.GraphgradError, match=said):
        done()


@pytest.mark.parametrize("trouble", NOTED)
def test_what_goes_wrong_is_said(trouble, capsys):
    *given, how, said = NOTED[trouble]
    gg.fit(*given, **{**HOW, "progress": None, **how})
    assert re.search(said, capsys.readouterr().err)


def test_targets_of_one_column_are_not_spread_over_all_pairs():
    one, two = (fitted(gg.mlp(3, 1), X, y) for y in (LINE, LINE[:, None]))
    assert np.array_equal(one.predict(X), two.predict(X))


def test_large_targets_are_learned_from_frames():
    frame = dict(zip("abc", X.T, strict=True))
    model = fitted(gg.mlp(3, 8, 1), frame, 1e6 * LINE + 1e7)
    assert np.abs(model.predict(frame) - 1e6 * LINE - 1e7).mean() < 5e5


def test_classes_may_be_any_labels_in_any_order_of_rows():
    """Counted from 1, as words, or sorted by class."""
    order = np.argsort(LINE)
    labels = np.digitize(LINE, [-1, 1]) + 1
    for y in (labels, labels.astype(str)):
        model = fitted(gg.mlp(3, 8, 3), X[order], y[order])
        assert model.classes == ("1", "2", "3")
        assert gg.accuracy(model, X, y) > 0.9


def test_rare_classes_are_found_where_they_count():
    y = LINE > 2.5
    plain, fair = (fitted(gg.mlp(3, 1), X, y, epochs=20, class_weight=weight) for weight in (None, "balanced"))
    assert fair.predict(X)[y].mean() > plain.predict(X)[y].mean()


def test_a_model_is_kept_copied_and_gone_on_with(tmp_path):
    model = fitted(gg.mlp(4, 8, 1), FRAME, LINE)
    said = model.predict(FRAME)
    model.save(tmp_path / "m.safetensors")
    copies = pickle.loads(pickle.dumps(model)), copy.deepcopy(model), gg.load(tmp_path / "m.safetensors")  # noqa: S301
    assert all(np.array_equal(found.predict(FRAME), said) for found in copies)
    more = fitted(model, FRAME, LINE, epochs=1, lr=1e-9)
    assert np.allclose(more.predict(FRAME), said, atol=1e-6)


def test_columns_are_found_by_name_and_what_is_new_in_them_is_told():
    model = fitted(gg.mlp(4, 8, 1), FRAME, LINE)
    assert np.array_equal(model.predict(dict(reversed(FRAME.items()))), model.predict(FRAME))
    assert np.isfinite(model.predict({**FRAME, "age": [None] * 90})).all()
    with pytest.warns(UserWarning, match="holds 'green', which was never seen"):
        model.predict({**FRAME, "colour": ["green"] * 90})


def test_one_seed_is_one_run_and_a_batch_may_be_larger_than_all():
    one, two = (fitted(gg.mlp(3, 4, 1), X, LINE, seed=5, batch_size=1000).predict(X) for _ in range(2))
    assert np.array_equal(one, two)


def test_probabilities_add_up_and_answers_are_classes():
    model = fitted(gg.mlp(3, 3), X, KINDS)
    assert np.allclose(model.probabilities(X).sum(axis=1), 1)
    assert set(np.unique(model.predict(X))) <= {0, 1, 2}


def test_there_are_as_many_troubles_as_are_asked_about():
    own = sum(name.startswith("test_") for name in globals()) - 3
    assert len(REFUSED) + len(NOTED) + own >= 34
