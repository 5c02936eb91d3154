"""A classifier of scikit-learn's 8×8 digits, 64-32-10: of the fifth it has never seen, the wrong answers come first."""

import numpy as np
from _drawing import images
from sklearn.datasets import load_digits

import graphgrad as gg

X, y = load_digits(return_X_y=True)
held = np.arange(len(y)) % 5 == 0
model, _ = gg.fit(gg.mlp(64, 32, 10, activation="relu"), X[~held] / 16, y[~held], epochs=20, lr=0.005, l2=0.001)
found = model.predict(X[held] / 16)
seen = zip(X[held].reshape(-1, 8, 8) / 16, map("a {}?".format, found), found == y[held], strict=True)
images("digits.svg", sorted(seen, key=lambda each: each[2])[:40], f"{np.mean(found == y[held]):.1%} are right")
