"""What NumPy's names mean: every case of the corpus, by text and by capture, against NumPy itself.

Value, shape, and whether there is one: what NumPy refuses is refused, and what is refused that NumPy computes is said
in one of the sentences of `REFUSED`.
"""

import re
import warnings

import numpy as np
import pytest
from numpy_corpus import ARRAYS, cases

from graphgrad.compiler.compile import compile as translate
from graphgrad.core.errors import DomainError, GraphgradError
from graphgrad.execute.run import run
from graphgrad.frontend.capture import capture
from graphgrad.frontend.parse import parse

REFUSED = (  # and why
    "a single number has no axis",  # a program of numbers runs at many points at once
    "keepdims must be True or False",
    r"NumPy's \w+ has \w+= here",  # initial=, where=, ord=, keepdims= of argmax: not in the language
    "is no operation on conditions",  # products of conditions, and their reciprocals
    "the reciprocal of an integer",
    "wants a condition, such as",  # & and | of integers work on bits
    "takes a list of operands",  # an array is no list of its rows
    "a captured value is neither true nor false",  # isscalar, and Python's own iteration
    "indices must be known integers",  # x[True] adds an axis
    "takes entries; x",  # several arrays of integers that only a run knows
    "how many entries a condition picks",
)
nan = np.nan
UNLIKE = {  # where a rewrite rule holds on its domain alone, or a zero has another sign
    "np.dot(2, strange)", "strange + False", "strange ** -0.5",
    "np.sinc(narrow)",  # a zero of float64, which float32 misses by 3e-8
    "2 ** whole",  # a number to the power of integers that only a run knows is a number
}  # fmt: skip
DIGITS = {"e": 2e-3, "f": 1e-5}  # NumPy's functions of bool and int8 have the precision of float16


def inputs_of(text):
    return [name for name in ARRAYS if re.search(rf"(?<![\w.]){name}\b(?!=)", text)]


def by_text(text):
    return parse(text, {name: ARRAYS[name] for name in inputs_of(text)})


def by_capture(text):
    names = inputs_of(text)
    function = eval(f"lambda {', '.join(names)}: {text}", {"np": np, "inf": np.inf, "nan": nan})  # noqa: S307
    return capture(function, {name: ARRAYS[name] for name in names})


def numpy_says(text):
    """The value, or the error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return np.asarray(eval(text, {"np": np, "inf": np.inf, "nan": nan, **ARRAYS})), None  # noqa: S307
        except Exception as error:  # noqa: BLE001  (whatever it is)
            return None, error


def alike(got, want, text):
    """Whether a value is NumPy's; nothing where it is, else what is wrong."""
    got = np.asarray(got)
    if got.shape != want.shape:
        return f"{text}: shape {got.shape}, not {want.shape}"
    tolerance = DIGITS.get(want.dtype.char, 1e-12)
    numbers, expected = got.astype(float), want.astype(float)
    if want.dtype.kind in "iu":  # of integers divided by 0, which are 0 in NumPy
        expected = np.where(np.isfinite(numbers), expected, numbers)
    if not np.allclose(numbers, expected, rtol=tolerance, atol=1e-15, equal_nan=True):
        return f"{text}: {numbers.tolist()}, not {expected.tolist()}"
    zeros = (expected == 0) & (want.dtype.kind == "f")
    return f"{text}: a zero of the other sign" if (np.signbit(numbers) != np.signbit(expected))[zeros].any() else ""


def disagreement(door, compute, text):
    """What is other than in NumPy."""
    want, error = numpy_says(text)
    try:
        graph = door(text)
        got = compute(graph, {name: ARRAYS[name] for name in graph.inputs})
    except GraphgradError as refused:
        said = error is not None or any(re.search(reason, str(refused)) for reason in REFUSED)
        return "" if said or isinstance(refused, DomainError) else f"{text}: {refused}"
    except Exception as raised:  # noqa: BLE001  (NumPy's own, of the function that is captured or of compiled code)
        return "" if type(raised) is type(error) else f"{text}: {type(raised).__name__} {raised}"
    if text in UNLIKE:
        return ""
    if error is not None:
        return f"{text}: {np.asarray(got).tolist()}, where NumPy says {error}"
    return alike(got, want, text)


def interpreted(graph, feeds):
    return run(graph, feeds)[graph.output]


def compiled(graph, feeds):
    return translate(graph)(**feeds)


ALL = cases()
WAYS = {"interpreted": interpreted, "compiled": compiled}


def test_the_corpus_is_large():
    assert len(ALL) > 2000
    assert sum(numpy_says(text)[1] is not None for text in ALL[::7]) > 50


@pytest.mark.parametrize("door", [by_text, by_capture])
@pytest.mark.parametrize("way", WAYS)
def test_a_part_of_the_corpus(door, way):
    start = 2 * [*WAYS].index(way) + (door is by_capture)
    found = [said for text in ALL[start::8] if (said := disagreement(door, WAYS[way], text))]
    assert not found, "\n".join(found)


@pytest.mark.campaign
@pytest.mark.parametrize("door", [by_text, by_capture])
@pytest.mark.parametrize("way", WAYS)
def test_the_whole_corpus(door, way):
    found = [said for text in ALL if (said := disagreement(door, WAYS[way], text))]
    assert not found, "\n".join(found)
