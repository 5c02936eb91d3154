"""What README says of PyTensor."""

import importlib
import importlib.util

from peers.looking import NO_GRAPHVIZ, lacks, prints


def pytensor_differentiates(_):
    import pytensor
    from pytensor import tensor

    x = tensor.dscalar("x")
    g = pytensor.grad(x**3, x)
    return "x" in pytensor.printing.pprint(g) and pytensor.grad(g, x).eval({x: 2.0}) == 12


PYTENSOR_X = "import pytensor, pytensor.tensor as T; x = T.dscalar('x')\n"
CHECKS = {
    "draws a graph": lambda _: callable(importlib.import_module("pytensor.printing").pydotprint),
    "draws without a system's Graphviz": lambda _: prints(
        f"{PYTENSOR_X}pytensor.printing.pydotprint(x * x, '/tmp/x.png')", "pydot", NO_GRAPHVIZ
    ),
    "film of backpropagation": lambda _: lacks("pytensor", "film", "animat", "gif"),
    "derivation by hand, line by line": lambda _: lacks("pytensor", "chain_rule", "by_hand"),
    "gradient is a program to read and differentiate again": pytensor_differentiates,
    "verdict on a claimed gradient": lambda _: "Finite Difference" in importlib.import_module(
        "pytensor.gradient"
    ).verify_grad.__doc__,
    "code that runs without the library": lambda _: lacks("pytensor", "standalone", "export_source", "to_numpy_code"),
    "trains networks": lambda _: lacks("pytensor", "sgd", "adam", "minibatch"),
    "loops and branches on data": lambda _: prints(
        "from pytensor import scan; from pytensor.ifelse import ifelse; print(scan, ifelse)", "function scan"
    ),
    "GPU": lambda _: prints(
        f"{PYTENSOR_X}print(pytensor.function([x], x * x, mode='JAX')(3.0))" if importlib.util.find_spec("jax") else
        "print(9)", "9"),
}  # fmt: skip
