"""The error function of emitted modules against 50 digits."""

import mpmath
import numpy as np
import pytest

from graphgrad.execute.numpy_functions import erf, erfc


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("function", "exactly"), [(erf, mpmath.erf), (erfc, mpmath.erfc)])
def test_to_a_few_units_in_the_last_place(function, exactly, dtype):
    rng = np.random.default_rng(0)
    edges = [0.46875, np.nextafter(0.46875, 1), 4.0, np.nextafter(4.0, 5), 5.9, 6.1, 30.0]
    parts = [rng.normal(size=3000), rng.uniform(-7, 7, 3000), 10.0 ** rng.uniform(-30, 0, 500), edges]
    points = np.concatenate(parts).astype(dtype)
    got = function(points)
    assert got.dtype == dtype
    with mpmath.workdps(50):
        exact = [exactly(mpmath.mpf(float(x))) for x in points]
    units = [
        abs(float(g) - e) / float(np.spacing(np.dtype(dtype).type(abs(float(e)))))
        for g, e in zip(got, exact, strict=True)
    ]
    assert max(units) < (4 if function is erf else 7), float(points[int(np.argmax(units))])


def test_erf_of_everything_else():
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(erf([0.0, np.inf, -np.inf, np.nan, 1e300]), [0, 1, -1, np.nan, 1])
    assert np.signbit(erf(-0.0))
    assert np.isscalar(erf(0.5))
    assert erf(np.float32(0.5)).dtype == np.float32
    assert erf(1) == erf(1.0)
    assert erf(np.zeros((2, 0))).shape == (2, 0)
