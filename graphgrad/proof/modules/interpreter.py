"""A small interpreter of NumPy source text: a saved module is read as a syntax tree and run here, never by Python.

Only what compiled modules are made of is known: functions, assignments, branches and loops, arithmetic, and a list of
NumPy's functions. Everything else is refused before or when it is reached.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np

from graphgrad.core import syntax
from graphgrad.core.errors import GraphgradError, ParseError
from graphgrad.proof.modules.grammar import check_grammar
from graphgrad.proof.modules.language import (
    BUILTINS,
    METHODS,
    OPERATORS,
    STEPS,
    Function,
    Returned,
    bound_twice,
    is_symbolic,
)
from graphgrad.proof.modules.library import trusted
from graphgrad.proof.scalars.symbols import SymbolsLost

ENTRY = "value_and_grad"
COMPILERS = ("numba", "jax")  # whose decorators leave functions what they are
T = TypeVar("T")


class Failed(SymbolsLost):
    """A module that raises an error."""


def attempted(what: str, function: Callable[..., T], *args: Any, **named: Any) -> T:
    """What a function of a module gives; Failed where it raises an error that is not its reader's."""
    try:
        return function(*args, **named)
    except (SymbolsLost, GraphgradError):
        raise
    except Exception as error:  # noqa: BLE001  (a module may be anything, and raise anything)
        raise Failed(f"{what} raises {type(error).__name__}: {error}") from None


def _unread(name: str) -> Callable[..., Any]:
    """What stands for a function that is not known here."""

    def unread(*_: Any) -> Any:
        raise SymbolsLost(f"math.{name} is not read")

    return unread


def _tree(source: str) -> ast.Module:
    try:
        return syntax.statements(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ParseError(f"this is not Python: {error}") from None


class Module:
    r"""A module's functions, ready to be called by name on arrays of the caller's making.

    `replaced` gives names of the module another meaning: `np` and `math` among them, which hold what is allowed; and
    `literal` the numbers in its text. Raises ParseError for syntax that is not known.

    >>> Module("def f(x):\n    return x * 2", {}).call("f", 21)
    42
    """

    def __init__(self, source: str, replaced: Mapping[str, Any], literal: Callable[[Any], Any] = lambda a: a) -> None:
        self.tree = _tree(source)
        self.replaced, self.names, self.literal = dict(replaced), {**BUILTINS, **replaced}, literal
        self.steps = self.handled = 0  # of errors: how often a function gave up, and another took over
        check_grammar(source, self.tree, trusted(self.functions()))
        if twice := bound_twice(self.tree.body):
            raise ParseError(f"the module gives '{twice}' two meanings")
        for statement in self.tree.body:
            try:
                attempted(f"line {statement.lineno}", self._top, statement)
            except SymbolsLost as error:
                raise ParseError(str(error)) from None

    def functions(self) -> dict[str, ast.FunctionDef]:
        """The syntax trees of the module's functions, by name."""
        return {t.name: t for t in self.tree.body if isinstance(t, ast.FunctionDef)}

    def parameters(self, name: str) -> list[str]:
        """The names of a function's parameters, in order; ParseError where there is no such function."""
        if tree := self.functions().get(name):
            return [a.arg for a in tree.args.args]
        raise ParseError(f"the module has no function '{name}'")

    def call(self, name: str, *args: Any, **named: Any) -> Any:
        """Call one of the module's functions; ParseError where there is none."""
        if not callable(self.names.get(name)):
            raise ParseError(f"the module has no function '{name}'")
        self.steps = 0
        return self.names[name](*args, **named)

    def paths(self) -> list[str]:
        """The functions that give the value and the gradient: for numbers, for arrays, for many points."""
        if not callable(self.names.get(ENTRY)):
            raise ParseError(f"the module has no function '{ENTRY}'")
        others = [name for name in self.functions() if name.startswith(f"_{ENTRY}_of_")]
        return [ENTRY, *(name for name in others if self.names[name] is not self.names[ENTRY])]

    def run_path(self, path: str, inputs: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """A value and gradients by name; Failed where the function raises an error or gives something else."""

        def run() -> tuple[Any, dict[str, Any]]:
            result = self.call(path, **inputs)
            if not isinstance(result, tuple):
                raise SymbolsLost(f"{path} gives no tuple of a value and gradients")
            value, *found = result
            named = found[0] if isinstance(found[0], Mapping) else zip(self.parameters(path), found, strict=True)
            return value, dict(named)

        return attempted(path, run)

    def _top(self, statement: ast.stmt) -> None:
        match statement:
            case ast.FunctionDef(name=name):
                self.names[name] = self.defined(statement, {})
            case ast.Import(names=names) if all(n.name in _LIBRARIES for n in names):
                self.names |= {n.asname or n.name: self.library(_LIBRARIES[n.name]) for n in names}
            case ast.ImportFrom(module="math", names=names):
                self.names |= {
                    n.asname or n.name: getattr(self.library("math"), n.name, _unread(n.name)) for n in names
                }
            case (
                ast.ImportFrom(module="__future__" | "typing" | "collections.abc" | "random")
                | ast.Expr(value=ast.Constant())
            ):
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                typed = isinstance(value, ast.Name) and value.id not in self.names  # such as Array = Any
                self.names[name] = None if typed else self.value(value, self.names)
            case ast.Expr(value=ast.Call() as call):  # such as jax.config.update(...)
                self.value(call, self.names)
            case _:
                raise self.refused(statement)

    def defined(self, tree: ast.FunctionDef, around: dict[str, Any]) -> Function:
        """A function, which only a compiler may decorate."""
        for decorator in tree.decorator_list:
            of = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not (isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name) and of.value.id in COMPILERS):
                raise self.refused(decorator)
        return Function(self, tree, around)

    def library(self, name: str) -> Any:
        """What an imported library means here; a compiler's functions leave functions as they are."""
        if name == "jax":
            special = SimpleNamespace(special=SimpleNamespace(erf=self.replaced.get("jax.erf")))
            return SimpleNamespace(jit=lambda f: f, scipy=special, config=SimpleNamespace(update=lambda *_: None))
        return self.replaced.get(name, SimpleNamespace())

    def refused(self, tree: ast.AST) -> ParseError:
        """The error for what no compiled module holds."""
        line = getattr(tree, "lineno", 0)
        return ParseError(f"line {line}: {type(tree).__name__} is nothing that a compiled module holds")

    def run(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        """Run statements in order."""
        for statement in body:
            self.statement(statement, names)

    def statement(self, tree: ast.stmt, names: dict[str, Any]) -> None:  # noqa: C901, PLR0912  (one case for each statement)
        """Run one statement."""
        match tree:
            case ast.Assign(targets=targets, value=value):
                result = self.value(value, names)
                for target in targets:
                    self.assign(target, result, names)
            case ast.AugAssign(target=target, op=sign, value=value):
                old = self.value(target, names)
                new = OPERATORS[type(sign)](old, self.value(value, names))
                if isinstance(target, ast.Name) and np.ndim(old):  # changed in place, with all its views
                    old[...] = new
                else:
                    self.assign(target, new, names)
            case ast.Expr(value=value):
                self.value(value, names)
            case ast.Return(value=value):
                raise Returned(None if value is None else self.value(value, names))
            case ast.If(test=test, body=body, orelse=orelse):
                self.run(body if self.value(test, names) else orelse, names)
            case ast.For(target=target, iter=over, body=body, orelse=[]):
                for item in self.value(over, names):
                    self.assign(target, item, names)
                    self.run(body, names)
            case ast.With(body=body):
                self.run(body, names)
            case ast.Try(body=body, handlers=[handler], orelse=[], finalbody=[]):
                try:
                    self.run(body, names)
                except SymbolsLost:
                    raise
                except (TypeError, ValueError, ArithmeticError):
                    self.handled += 1
                    self.run(handler.body, names)
            case ast.FunctionDef(name=name):
                names[name] = self.defined(tree, names)
            case ast.Pass():
                pass
            case _:
                raise self.refused(tree)

    def assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        """Bind names, or entries of an array."""
        match target:
            case ast.Name(id=name):
                names[name] = value
            case ast.Tuple(elts=parts):
                for part, item in zip(parts, value, strict=True):
                    self.assign(part, item, names)
            case ast.Subscript(value=array, slice=key):
                self.value(array, names)[self.value(key, names)] = value
            case _:
                raise self.refused(target)

    def value(self, tree: ast.expr, names: Mapping[str, Any]) -> Any:
        """The value of an expression."""
        self.steps += 1
        if self.steps > STEPS:
            raise ParseError("the module runs for too long")
        rule = _EXPRESSIONS.get(type(tree))
        if rule is None:
            raise self.refused(tree)
        return rule(self, tree, names)

    def name(self, tree: ast.Name, names: Mapping[str, Any]) -> Any:
        """A name's value: a local one first."""
        for known in (names, self.names):
            if tree.id in known:
                return known[tree.id]
        raise ParseError(f"line {tree.lineno}: '{tree.id}' is not known")

    def attribute(self, tree: ast.Attribute, names: Mapping[str, Any]) -> Any:
        """An attribute that modules use."""
        of = self.value(tree.value, names)
        allowed = isinstance(of, SimpleNamespace) or tree.attr in METHODS
        if tree.attr.startswith("_") or not allowed or not hasattr(of, tree.attr):
            raise ParseError(f"line {tree.lineno}: '.{tree.attr}' is nothing that a compiled module uses")
        return getattr(of, tree.attr)

    def invoke(self, tree: ast.Call, names: Mapping[str, Any]) -> Any:
        """The value of a call."""
        if any(keyword.arg is None for keyword in tree.keywords):
            raise self.refused(tree)
        function = self.value(tree.func, names)
        args: list[Any] = []
        for a in tree.args:
            args += list(self.value(a.value, names)) if isinstance(a, ast.Starred) else [self.value(a, names)]
        return function(*args, **{str(k.arg): self.value(k.value, names) for k in tree.keywords})

    def compare(self, tree: ast.Compare, names: Mapping[str, Any]) -> Any:
        """A comparison, or a chain of them."""
        sides = [self.value(t, names) for t in (tree.left, *tree.comparators)]
        parts = [OPERATORS[type(o)](a, b) for o, a, b in zip(tree.ops, sides, sides[1:], strict=False)]
        result = parts[0]
        for part in parts[1:]:
            result = result & part
        return result

    def boolean(self, tree: ast.BoolOp, names: Mapping[str, Any]) -> Any:
        """`and` and `or`, of symbols by NumPy."""
        stop = isinstance(tree.op, ast.Or)
        value = self.value(tree.values[0], names)
        for part in tree.values[1:]:
            if is_symbolic(value):
                value = (np.logical_or if stop else np.logical_and)(value, self.value(part, names))
            elif bool(value) != stop:
                value = self.value(part, names)
        return value

    def choice(self, tree: ast.IfExp, names: Mapping[str, Any]) -> Any:
        """A conditional expression, of a symbol by `where`."""
        test = self.value(tree.test, names)
        if is_symbolic(test):
            return np.where(test, self.value(tree.body, names), self.value(tree.orelse, names))
        return self.value(tree.body if test else tree.orelse, names)

    def each(self, tree: ast.GeneratorExp | ast.ListComp, names: Mapping[str, Any]) -> list[Any]:
        """The values of a comprehension."""
        (loop,) = tree.generators
        inner, results = dict(names), []
        for item in self.value(loop.iter, names):
            self.assign(loop.target, item, inner)
            if all(self.value(test, inner) for test in loop.ifs):
                results.append(self.value(tree.elt, inner))
        return results


_LIBRARIES = {"numpy": "np", "jax.numpy": "np", "math": "math", "jax": "jax", "numba": "numba"}
_EXPRESSIONS: dict[type[ast.expr], Callable[..., Any]] = {
    ast.Constant: lambda m, t, _: m.literal(t.value),
    ast.Name: Module.name,
    ast.Attribute: Module.attribute,
    ast.Call: Module.invoke,
    ast.BinOp: lambda m, t, n: OPERATORS[type(t.op)](m.value(t.left, n), m.value(t.right, n)),
    ast.UnaryOp: lambda m, t, n: OPERATORS[type(t.op)](m.value(t.operand, n)),
    ast.Compare: Module.compare,
    ast.BoolOp: Module.boolean,
    ast.IfExp: Module.choice,
    ast.Subscript: lambda m, t, n: m.value(t.value, n)[m.value(t.slice, n)],
    ast.Slice: lambda m, t, n: slice(*(None if e is None else m.value(e, n) for e in (t.lower, t.upper, t.step))),
    ast.Tuple: lambda m, t, n: tuple(m.value(e, n) for e in t.elts),
    ast.List: lambda m, t, n: [m.value(e, n) for e in t.elts],
    ast.Dict: lambda m, t, n: {m.value(k, n): m.value(v, n) for k, v in zip(t.keys, t.values, strict=True)},
    ast.GeneratorExp: Module.each,
    ast.ListComp: Module.each,
}
