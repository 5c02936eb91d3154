"""Parsing, gradient graphs and traces, beside sympy and micrograd: `python tests/benchmarks/bench_language.py`.

Every program of the benchmark uses only operations that micrograd has, so that both do the same arithmetic.
"""

import itertools
import random
import statistics
import subprocess
import sys
import time

import harness

from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import reverse

TEN = "log(x1*x2)*sin(x2) + x1**2/(1 + x2) - cos(x1)"
POINT = {"x1": 0.5, "x2": 0.75, "x3": -0.3}


def program(nodes):
    """A program of about so many nodes, one operation a line, every value of ordinary size."""
    chance, names, lines = random.Random(0), list(POINT), []  # noqa: S311
    for i in range(nodes):
        a, b = (chance.choice(names[-8:]) for _ in "ab")
        form = chance.choice(["{a} + {b}", "{a} * {b}", "{a} - {b}", "relu({a})", "{a} ** 2", "{a} / 2"])
        if i % 3 == 2:
            form = "{a} / 2 - {b} / 4"
        lines.append(f"v{i} = " + form.format(a=a, b=b))
        names.append(f"v{i}")
    return "\n".join([*lines, "z = " + " + ".join(names[-8:])])


def parsing():
    """Every text has names of its own, so that nobody's cache knows it; as it is with texts that people write."""
    texts = itertools.cycle([TEN.replace("x", f"x{k}_") for k in range(2000)])
    sympy_parser = harness.peer("sympy.parsing.sympy_parser")
    contenders = {"graphgrad.parse": lambda: parse(next(texts))}
    if sympy_parser:
        contenders["sympy.parse_expr"] = lambda: sympy_parser.parse_expr(next(texts))
    taken = harness.race("Parsing an expression of ten operations", contenders)
    if sympy_parser:
        harness.goal("ours over sympy's", taken["graphgrad.parse"] / taken["sympy.parse_expr"], 1 / 5)


def gradients():
    small, large = parse(program(870)), parse(program(8700))

    def made(graph):
        graph.cache.clear()
        return reverse(graph)

    names = [f"gradient graph of {len(graph)} nodes" for graph in (large, small)]
    taken = harness.race("Gradient graphs", {names[0]: lambda: made(large), names[1]: lambda: made(small)})
    harness.goal(f"seconds for {len(large)} nodes", taken[names[0]], 0.5)
    growth = taken[names[0]] / taken[names[1]] / (len(large) / len(small)) * 10
    harness.goal("times the time for ten times the nodes", growth, 13)
    text = program(8700)
    harness.race("Parsing them", {f"{len(large)} nodes": lambda: parse(text)})


def traces():
    text = program(8700)
    graph, engine = parse(text), harness.peer("micrograd.engine")
    point = {name: POINT[name] for name in graph.inputs}
    nodes = sum(bool(node.operands) for node in graph.nodes)
    contenders = {"graphgrad.trace, the second": lambda: trace(graph, point).grad}
    if engine:
        code = compile(text, "<program>", "exec")
        sys.setrecursionlimit(10**6)

        def peer():
            names = {"relu": lambda a: a.relu(), **{name: engine.Value(value) for name, value in point.items()}}
            exec(code, names)  # noqa: S102  (the program above)
            names["z"].backward()
            return {name: names[name].grad for name in point}

        ours, theirs = trace(graph, point).grad, peer()
        assert all(abs(ours[name] - theirs[name]) <= 1e-9 * (1 + abs(theirs[name])) for name in point)
        contenders["micrograd, forward and backward"] = peer
    taken = harness.race(f"A trace of {nodes} operations, per operation", contenders, per=nodes)
    if engine:
        ratio = taken["graphgrad.trace, the second"] / taken["micrograd, forward and backward"]
        harness.goal("ours over micrograd's", ratio, 1)


def starting():
    command = [sys.executable, "-c", "from graphgrad.cli.main import main; main()", "--help"]
    taken = []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - start)
    harness.goal("seconds of graphgrad --help, by the clock", statistics.median(taken), 0.3)


if __name__ == "__main__":
    parsing()
    gradients()
    traces()
    starting()
