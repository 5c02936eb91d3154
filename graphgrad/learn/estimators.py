"""Networks as scikit-learn's estimators: for its pipelines, searches and scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.models.model import Model
from graphgrad.learn.networks.network import mlp
from graphgrad.learn.training.fit import fit
from graphgrad.learn.training.parameters import PARAMETERS

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_regressor
    from sklearn.utils import check_random_state
    from sklearn.utils.class_weight import compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data
except ImportError:
    raise UsageError("estimators are scikit-learn's", hint="pip install 'graphgrad[data]'") from None

SEEDS = 2**31 - 1
TYPES = (np.float64, np.float32)


class _Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn states no types
    """A multilayer perceptron between scikit-learn's rows and `fit`'s; all that is said is a parameter of `fit`."""

    def __init__(  # noqa: PLR0913  (scikit-learn reads the parameters from here)
        self,
        hidden: tuple[int, ...] = (100,),
        activation: str = "relu",
        *,
        initial: str = "glorot",
        loss: str | None = None,
        optimizer: str = "adam",
        lr: float | None = None,
        epochs: int = 200,
        batch_size: int | None = 200,
        validation: float = 0.0,
        patience: int | None = None,
        standardize: bool = False,
        l2: float = 0.0,
        l1: float = 0.0,
        schedule: str = "constant",
        settings: Mapping[str, float] | None = None,
        clip_norm: float | None = None,
        shuffle: bool = True,
        target: str = "numpy",
        random_state: Any = None,
    ) -> None:
        self.hidden, self.activation, self.initial, self.loss = hidden, activation, initial, loss
        self.optimizer, self.lr, self.epochs, self.batch_size = optimizer, lr, epochs, batch_size
        self.validation, self.patience, self.standardize = validation, patience, standardize
        self.l2, self.l1, self.schedule, self.settings = l2, l1, schedule, settings
        self.clip_norm, self.shuffle, self.target, self.random_state = clip_norm, shuffle, target, random_state

    def _train(self, begin: Model | None, X: Any, y: Any, weights: Any, outputs: int, epochs: int) -> Self:  # noqa: PLR0913, PLR0917
        """Train a new network, or go on with a model's."""
        seed = int(check_random_state(self.random_state).randint(SEEDS))
        said = {name: value for name, value in self.get_params(deep=False).items() if name in PARAMETERS}
        own: Any = {"seed": seed, "epochs": epochs, "loss": self.loss or self._loss(outputs), "class_weight": None}
        sizes = (X.shape[1], *self.hidden, outputs)
        net = begin or mlp(*sizes, activation=self.activation, initial=self.initial, seed=seed)
        try:
            how = {**said, **own, "sample_weight": weights, "progress": False}
            self.model_, self.history_ = fit(net, np.asarray(X), y, **how)
        except DataError as error:
            raise ValueError(str(error)) from error
        return self

    def _taken(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        found: tuple[Any, Any] = validate_data(
            self, X, y, reset=reset, dtype=TYPES, multi_output=True, y_numeric=is_regressor(self)
        )
        return found

    def _rows(self, X: Any) -> Any:
        """Rows that are to be answered."""
        check_is_fitted(self, "model_")
        return np.asarray(validate_data(self, X, reset=False, dtype=TYPES))

    def _loss(self, outputs: int) -> str:
        """What is minimised where nothing is said."""
        raise NotImplementedError


class Classifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """A multilayer perceptron that tells classes apart, as an estimator of scikit-learn.

    Parameters are those of `gg.mlp` and `gg.fit`; `random_state` is the seed. Trained, it has `classes_`, `model_`, a
    `Model` to save and export, and `history_`, whose `verdicts` say what the run came to. X has shape (N, features), y
    (N,). Raises ValueError for data that cannot be learned, UsageError for other parameters. Source: `gg.fit`.

    >>> found = Classifier(hidden=(8,), epochs=50, lr=0.05, random_state=0).fit([[0.0], [1.0], [2.0]], ["a", "b", "b"])
    >>> found.predict([[0.0], [2.0]]).tolist(), found.predict_proba([[2.0]]).shape
    (['a', 'b'], (1, 2))
    """

    def __init__(  # noqa: PLR0913
        self,
        hidden: tuple[int, ...] = (100,),
        activation: str = "relu",
        *,
        class_weight: Any = None,
        initial: str = "glorot",
        loss: str | None = None,
        optimizer: str = "adam",
        lr: float | None = None,
        epochs: int = 200,
        batch_size: int | None = 200,
        validation: float = 0.0,
        patience: int | None = None,
        standardize: bool = False,
        l2: float = 0.0,
        l1: float = 0.0,
        schedule: str = "constant",
        settings: Mapping[str, float] | None = None,
        clip_norm: float | None = None,
        shuffle: bool = True,
        target: str = "numpy",
        random_state: Any = None,
    ) -> None:
        super().__init__(
            hidden,
            activation,
            initial=initial,
            loss=loss,
            optimizer=optimizer,
            lr=lr,
            epochs=epochs,
            batch_size=batch_size,
            validation=validation,
            patience=patience,
            standardize=standardize,
            l2=l2,
            l1=l1,
            schedule=schedule,
            settings=settings,
            clip_norm=clip_norm,
            shuffle=shuffle,
            target=target,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on examples and their classes."""
        X, y = self._taken(X, y, reset=True)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        self.classes_ = np.unique(y)
        return self._learn(None, X, y, sample_weight, self.epochs)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Pass once over some examples; the first call names all `classes` where its own examples do not have them."""
        first = not hasattr(self, "model_")
        X, y = self._taken(X, y, reset=first)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        if first:
            self.classes_ = np.unique(y if classes is None else classes)
        if new := {*np.unique(y).tolist()} - {*self.classes_.tolist()}:
            raise ValueError(f"y has {min(new)!r}, which is none of the classes {self.classes_.tolist()}")
        return self._learn(None if first else self.model_, X, y, sample_weight, 1)

    def predict(self, X: Any) -> Any:
        """Give the class of every row."""
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

    def decision_function(self, X: Any) -> Any:
        """Give the score of every class, or, of two, that of the second: (N, classes) or (N,)."""
        rows = self._rows(X)
        scores = self.model_.scores(rows)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict_proba(self, X: Any) -> Any:
        """Give the probability of every class, (N, classes)."""
        rows = self._rows(X)
        chances = self.model_.probabilities(rows)
        return np.hstack([1 - chances, chances]) if chances.shape[1] == 1 else chances

    def predict_log_proba(self, X: Any) -> Any:
        """Give the logarithms of probabilities."""
        return np.log(self.predict_proba(X))

    def _learn(self, begin: Model | None, X: Any, y: Any, weights: Any, epochs: int) -> Self:
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class, {self.classes_[0]!r}, and there is nothing to tell it from")
        if weights is not None or self.class_weight is not None:
            weights = _check_sample_weight(weights, X, dtype=X.dtype)
            if self.class_weight is not None:
                weights = weights * compute_sample_weight(self.class_weight, y)
        places, two = np.searchsorted(self.classes_, y), len(self.classes_) == 2
        targets = places[:, None].astype(float) if two else places
        return self._train(begin, X, targets, weights, 1 if two else len(self.classes_), epochs)

    def _loss(self, outputs: int) -> str:
        return "binary_cross_entropy" if outputs == 1 else "cross_entropy"


class Regressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """A multilayer perceptron that predicts numbers, as an estimator of scikit-learn.

    Parameters are those of `gg.mlp` and `gg.fit`; `random_state` is the seed. Trained, it has `model_`, a `Model` to
    save and export, and `history_`. X has shape (N, features), y (N,) or (N, outputs), and so have predictions. Raises
    ValueError for data that cannot be learned, UsageError for other parameters. Source: `gg.fit`.

    >>> found = Regressor(hidden=(), epochs=500, lr=0.1, random_state=0).fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> found.predict([[10.0]]).round(1).tolist()
    [21.0]
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on examples and their numbers."""
        X, y = self._taken(X, y, reset=True)
        return self._learn(None, X, y, sample_weight, self.epochs)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Pass once over some examples."""
        first = not hasattr(self, "model_")
        X, y = self._taken(X, y, reset=first)
        return self._learn(None if first else self.model_, X, y, sample_weight, 1)

    def predict(self, X: Any) -> Any:
        """Give the numbers of every row, in the shape of y."""
        rows = self._rows(X)
        found = self.model_.predict(rows)
        return found[:, 0] if self.one_ else found

    def _learn(self, begin: Model | None, X: Any, y: Any, weights: Any, epochs: int) -> Self:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self.one_ = y.ndim == 1
        if weights is not None:
            weights = _check_sample_weight(weights, X, dtype=X.dtype)
        targets = np.asarray(y, X.dtype).reshape(len(y), -1)
        return self._train(begin, X, targets, weights, targets.shape[1], epochs)

    def _loss(self, outputs: int) -> str:  # noqa: ARG002
        return "mse"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
