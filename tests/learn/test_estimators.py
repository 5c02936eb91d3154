"""The estimators of scikit-learn: its own checks, and its tools around them."""

import json
import os
import pickle
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

import graphgrad as gg

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

IRIS, DIABETES = load_iris(), load_diabetes()
NAMES = np.array(["setosa", "versicolor", "virginica"])[IRIS.target]
PANDAS = {
    "check_sample_weights_pandas_series",
    "check_classifier_data_not_an_array",
    "check_regressor_data_not_an_array",
}
CHECKS = """
import json, sys, warnings
warnings.simplefilter("ignore")  # the checks give data that ask for them
import graphgrad as gg
from sklearn.utils.estimator_checks import check_estimator
found = check_estimator(getattr(gg, sys.argv[1])(), on_skip=None, on_fail=None)
print(json.dumps({row["check_name"]: row["status"] for row in found}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Classifier", "Regressor"])
def test_every_check_of_scikit_learn(name):
    """In a process of its own: SciPy is told before its import that it may be given other libraries' arrays."""
    command, told = [sys.executable, "-c", CHECKS, name], {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(command, env=told, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) > 50
    assert {check for check, status in found.items() if status != "passed"} <= (
        set() if find_spec("pandas") else PANDAS
    )


def test_in_a_pipeline_a_search_and_a_score():
    small = gg.Classifier((8,), epochs=40, lr=0.02, random_state=0)
    line = make_pipeline(StandardScaler(), small)
    assert cross_val_score(line, IRIS.data, NAMES, cv=3).mean() > 0.9
    search = GridSearchCV(line, {"classifier__hidden": [(2,), (8,)]}, cv=2).fit(IRIS.data, NAMES)
    assert search.best_score_ > 0.9
    assert search.predict_proba(IRIS.data[:5]).shape == (5, 3)


def test_what_an_estimator_is():
    one = gg.Classifier((5,), l2=0.1, class_weight="balanced")
    assert clone(one).get_params() == one.get_params()
    assert is_classifier(one)
    assert is_regressor(gg.Regressor())
    with pytest.raises(ValueError, match="one class"):
        one.fit(IRIS.data[:50], NAMES[:50])


@pytest.mark.parametrize("y", [DIABETES.target / 100, np.column_stack([DIABETES.target, -DIABETES.target]) / 100])
def test_predictions_have_the_shape_of_y(y):
    found = gg.Regressor((16,), epochs=30, lr=0.01, standardize=True, random_state=1).fit(DIABETES.data, y)
    assert found.predict(DIABETES.data).shape == y.shape
    assert found.score(DIABETES.data, y) > 0.4
    again = pickle.loads(pickle.dumps(found))  # noqa: S301
    assert np.array_equal(again.predict(DIABETES.data), found.predict(DIABETES.data))


def test_parts_are_learned_one_after_another():
    """Of standardized parts the first one's means stay; a class that was not named is refused."""
    order = np.random.default_rng(0).permutation(150)
    found = gg.Classifier((8,), lr=0.03, batch_size=10, standardize=True, random_state=0)
    for _ in range(6):
        for part in np.array_split(order, 3):
            found.partial_fit(IRIS.data[part], NAMES[part], classes=np.unique(NAMES))
    assert found.score(IRIS.data, NAMES) > 0.9
    with pytest.raises(ValueError, match="'rose', which is none of the classes"):
        found.partial_fit(IRIS.data[:2], ["rose", "setosa"])


def test_a_row_that_counts_twice_is_there_twice():
    weights = np.random.default_rng(0).integers(0, 3, 150)
    how = {"hidden": (5,), "epochs": 20, "random_state": 3, "batch_size": None}
    one = gg.Classifier(**how).fit(IRIS.data, NAMES, sample_weight=weights)
    two = gg.Classifier(**how).fit(np.repeat(IRIS.data, weights, axis=0), np.repeat(NAMES, weights))
    assert np.allclose(one.predict_proba(IRIS.data), two.predict_proba(IRIS.data), atol=1e-9)


def test_columns_with_names_are_told_by_them():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(IRIS.data, columns=IRIS.feature_names)
    found = gg.Classifier((4,), epochs=3, random_state=0).fit(frame, NAMES)
    assert [*found.feature_names_in_] == IRIS.feature_names
    with pytest.raises(ValueError, match="feature names"):
        found.predict(frame[frame.columns[::-1]])


def test_a_model_goes_on_with_its_own_preparation():
    """Standardization is neither measured anew nor applied twice, and classes keep their places."""
    X = IRIS.data * [1, 100, 1, 1e-3] + 7
    model, _ = gg.fit(gg.mlp(4, 8, 3), X, NAMES, epochs=30, lr=0.02, standardize=True)
    more, history = gg.fit(model, X[50:], NAMES[50:], epochs=1, lr=1e-6)
    assert more.classes == model.classes
    assert more.preparation.scaling is model.preparation.scaling
    assert np.allclose(more.scores(X), model.scores(X), atol=1e-3)
    assert history["loss"][0] < 0.7
