"""What README says of sympy."""

from peers.looking import lacks, prints


def sympy_draws(_):
    import sympy
    from sympy.printing.dot import dotprint

    return dotprint(sympy.Symbol("x") ** 2).startswith("digraph")


def sympy_differentiates(_):
    import sympy

    x = sympy.Symbol("x")
    return sympy.diff(sympy.diff(x**3, x), x) == 6 * x


def sympy_proves(_):
    import sympy

    x = sympy.Symbol("x")
    return sympy.simplify(sympy.diff(sympy.sin(x) ** 2, x) - sympy.sin(2 * x)) == 0


def sympy_writes(_):
    import inspect

    import sympy
    from sympy.utilities.codegen import codegen

    x = sympy.Symbol("x")
    written = [codegen(("f", sympy.sin(x)), language)[0][1] for language in ("C99", "F95")]
    return "sin(x)" in inspect.getsource(sympy.lambdify(x, sympy.sin(x))) and all("sin(x)" in text for text in written)


CHECKS = {
    "draws a graph": sympy_draws,
    "draws without a system's Graphviz": lambda _: lacks("sympy.printing", "dot_to", "rendergraph", "drawgraph"),
    "film of backpropagation": lambda _: lacks("sympy", "backprop", "gifwriter"),
    "derivation by hand, line by line": lambda _: lacks("sympy", "derivative_steps", "diff_steps", "manualdiff"),
    "gradient is a program to read and differentiate again": sympy_differentiates,
    "verdict on a claimed gradient": sympy_proves,
    "code that runs without the library": sympy_writes,
    "trains networks": lambda _: lacks("sympy", "optimizer", "minibatch", "backprop"),
    "loops and branches on data": lambda _: prints(
        "from sympy import *; x = Symbol('x'); print(diff(Piecewise((x**2, x > 0), (0, True)), x))", "Piecewise((2*x"
    ),
    "GPU": lambda _: lacks("sympy", "cuda_", "gpu"),
}
