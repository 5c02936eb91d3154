"""What README says of micrograd."""

from peers.looking import lacks, prints


def micrograd_value():
    from micrograd.engine import Value

    x = Value(2.0)
    z = x * x
    z.backward()
    return x, z


def micrograd_draws(_):
    x, z = micrograd_value()
    return (x.data, x.grad, z._prev) == (2.0, 4.0, {x})  # noqa: SLF001  (what its notebook's draw_dot draws)


def micrograd_trains(_):
    from micrograd.nn import MLP

    return {type(p.data) for p in MLP(2, [4, 1]).parameters()} <= {float, int}


CHECKS = {
    "draws a graph": micrograd_draws,
    "draws without a system's Graphviz": lambda _: lacks("micrograd", "draw", "svg", "plot"),
    "film of backpropagation": lambda _: lacks("micrograd", "film", "anim", "gif"),
    "derivation by hand, line by line": lambda _: lacks("micrograd", "deriv", "explain"),
    "gradient is a program to read and differentiate again": lambda _: isinstance(micrograd_value()[0].grad, float),
    "verdict on a claimed gradient": lambda _: lacks("micrograd", "check", "verif"),
    "code that runs without the library": lambda _: lacks("micrograd", "compil", "code", "export"),
    "trains networks": micrograd_trains,
    "loops and branches on data": lambda _: prints(
        "from micrograd.engine import Value; x = y = Value(2)\nwhile y.data < 9: y *= x\ny.backward(); print(x.grad)",
        "32",
    ),
    "GPU": lambda _: lacks("micrograd", "cuda", "gpu", "device"),
}
