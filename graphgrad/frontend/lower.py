"""Lowering: one function from the language to nodes, behind the user's text and every rule of the table alike.

The text is Python's expression syntax, read by `ast` and walked by a whitelist: nothing is ever evaluated.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from graphgrad.core import syntax
from graphgrad.core.builder import Builder
from graphgrad.core.constants import CONSTANTS
from graphgrad.core.errors import ParseError, ShapeError, Span, UsageError
from graphgrad.core.graph import FunctionCall
from graphgrad.core.op import SYMBOLS, Op
from graphgrad.core.ops import NAMES, OPS
from graphgrad.core.shapes import Misfit
from graphgrad.frontend.language.heads import UserFunction
from graphgrad.frontend.language.indexing import Indices, indexed
from graphgrad.frontend.language.literals import constant, written
from graphgrad.frontend.language.numpy_meaning import (
    by_keyword,
    listed,
    meant as meant_by_numpy,
    not_taken,
    operand_names,
    operands_as_in_numpy,
    parameters,
    unbounded,
)
from graphgrad.frontend.language.refusals import (
    ALIASES,
    EXPONENT,
    FOREIGN,
    INSTEAD,
    LARGEST,
    OPERATORS,
    bound,
    meant,
    said,
)
from graphgrad.frontend.language.static import refusal, static_key, static_value

MODULES = frozenset({"np", "numpy", "math", "linalg", "special", "scipy"})
WRITTEN_SETS = "its set is written, as in T = {(1, 2), (3, 4)}, and has no condition"
DEPTH = 90  # of nesting
CALLS = 20_000  # of the user's functions: one that calls two, each of which calls two, ends
Value = int | tuple[int, ...]  # a node, or the list of nodes that concatenate takes


class Lowering:
    """Lowers expressions of one text into a builder.

    `env` binds names to nodes, `attrs` to static values; `free` says what an unbound name means.
    """

    def __init__(
        self,
        builder: Builder,
        env: dict[str, Value],
        attrs: Mapping[str, Any],
        source: str = "",
        free: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        self.builder, self.env, self.attrs, self.source, self.free = builder, env, attrs, source, free
        self.depth, self.ascii = 0, source.isascii()
        self.functions: dict[str, UserFunction] = {}  # the user's own
        self.results: list[tuple[int, FunctionCall]] = []  # what they gave, and the calls

    def lower(self, tree: ast.expr) -> int:
        """Give the node of an expression; ParseError or ShapeError, with its place, where there is none."""
        kind = type(tree)
        rule = _RULES.get(kind)
        if rule is None:
            hint = {
                ast.BoolOp: "write & and | for conditions",
                ast.Lambda: "write f(x) = x**2, or the formula alone",
                ast.ListComp: WRITTEN_SETS,
                ast.GeneratorExp: WRITTEN_SETS,
            }.get(kind, "")
            raise self.error(tree, f"{said(tree)} is not part of the language", hint)
        self.depth += 1
        if self.depth > DEPTH:
            raise self.error(tree, f"nested more than {DEPTH} deep", "name the inner parts on lines of their own")
        node: int = rule(self, tree)
        self.depth -= 1
        if self.source and kind is not ast.Constant and kind is not ast.BinOp:
            self.builder.place(node, self.span(tree))
        return node

    def constant(self, tree: ast.Constant) -> int:
        value = tree.value
        if not isinstance(value, int | float):
            hint = "leave the quotes out" if isinstance(value, str) and value else ""
            raise self.error(tree, f"{value!r} is no number", hint)
        if not value <= LARGEST:
            raise self.error(tree, "this number is too large")
        return self.builder.const(value)

    def variable(self, tree: ast.Name) -> int:
        name = tree.id
        found = self.env.get(name)
        if found is None and name in self.attrs:
            return self.builder.const(self.attrs[name])
        if found is None:
            if "·" in name:  # a letter to Python, a sign to everybody else
                raise self.error(tree, "'·' is not part of the language", "write * to multiply")
            found = self.free(name)
            if found is None and name in CONSTANTS:
                return self.builder.const(CONSTANTS[name])
            if found is not None:
                self.env[name] = found
        if not isinstance(found, int):
            raise self.error(tree, f"'{name}' is not a value here")
        return found

    def binary(self, tree: ast.BinOp) -> int:
        """An operator with two operands; a long left-leaning chain, x1 + x2 + ..., is walked, not recursed into."""
        chain = [tree]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        node = self.lower(chain[-1].left)
        for part in reversed(chain):
            row = _OPERATORS.get(type(part.op))
            if row is None:
                hint = OPERATORS.get(type(part.op).__name__, "")
                raise self.error(part, "this operator is not part of the language", hint)
            if isinstance(part.op, ast.Pow):
                self.refuse_towers(part.right)
            node = self.apply(part, row, [node, self.lower(part.right)], {})
            if self.source:
                self.builder.place(node, self.span(part))
        return node

    def unary(self, tree: ast.UnaryOp) -> int:
        if isinstance(tree.op, ast.USub) and isinstance(tree.operand, ast.Constant):
            constant = self.builder.nodes[self.constant(tree.operand)]
            if constant.dtype != "bool":
                return self.builder.const(-constant.value)
        if isinstance(tree.op, ast.UAdd):
            node = self.lower(tree.operand)
            if self.builder.nodes[node].dtype == "bool":
                raise self.error(tree, "+a is no operation on conditions", "write 1.0 * a")
            return node
        if isinstance(tree.op, ast.Not):
            raise self.error(tree, "'not' is not part of the language", "write ~ for conditions")
        return self.apply(tree, OPS[SYMBOLS[type(tree.op)][0]], [self.lower(tree.operand)], {})

    def compare(self, tree: ast.Compare) -> int:
        sides = [self.lower(side) for side in (tree.left, *tree.comparators)]
        result = -1
        for i, sign in enumerate(tree.ops):
            if type(sign) not in SYMBOLS:
                raise self.error(tree, "this comparison is not part of the language")
            both = self.apply(tree, OPS[SYMBOLS[type(sign)][0]], sides[i : i + 2], {})
            result = both if result < 0 else self.apply(tree, OPS["logical_and"], [result, both], {})
        return result

    def conditional(self, tree: ast.IfExp) -> int:
        return self.apply(tree, OPS["where"], [self.lower(t) for t in (tree.test, tree.body, tree.orelse)], {})

    def attribute(self, tree: ast.Attribute) -> int:
        if self.is_module(tree.value) and tree.attr in CONSTANTS:
            return self.builder.const(CONSTANTS[tree.attr])
        if tree.attr == "T" and not self.is_module(tree.value):
            return self.apply(tree, OPS["transpose"], [self.lower(tree.value)], {"axes": None})
        raise self.error(tree, f"attribute '.{tree.attr}' is not part of the language", "'.T' transposes")

    def subscript(self, tree: ast.Subscript) -> int:
        node = self.lower(tree.value)
        parts = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        try:
            return indexed(self.builder, node, tuple(self.index(part) for part in parts))
        except Misfit as misfit:
            raise ShapeError(str(misfit), source=self.source, span=self.span(tree)) from None

    def index(self, tree: ast.expr) -> Any:
        """A part of an index: what is known before the program runs, or a node."""
        known = static_key(tree, 0)
        if known is not None:
            return known[0] if known else ...
        if isinstance(tree, ast.Slice):
            raise self.error(tree, "indices must be known integers or slices", "pick(scores, labels) picks one a row")
        if isinstance(tree, ast.Attribute) and tree.attr == "newaxis":
            return None
        return Indices(self.lower(tree))

    def listed(self, tree: ast.List) -> int:
        """Numbers in brackets: an array of constants, one node."""
        try:
            return constant(self.builder, written(tree, self.env))
        except UsageError as error:
            raise self.error(tree, error.message, error.hint) from None
        except ValueError:
            raise self.error(tree, "a list is not part of the language", "write stack([x, y])") from None

    def array(self, tree: ast.expr) -> int:
        """What `np.array` is given: numbers in brackets, or other expressions, which are stacked."""
        try:
            written(tree, self.env)
        except ValueError:
            elements = tree.elts if isinstance(tree, ast.List | ast.Tuple) else []
            nodes = [self.array(element) for element in elements]
            return self.apply(tree, NAMES["stack"], nodes, {"axis": 0}) if nodes else self.lower(tree)
        return self.listed(tree) if isinstance(tree, ast.List) else self.lower(tree)

    def call(self, tree: ast.Call) -> int:
        func, arguments = tree.func, list(tree.args)
        if isinstance(func, ast.Attribute):
            name = func.attr
            if not self.is_module(func.value):
                self.refuse_others(func)
                self.refuse_modules(func, arguments)
                arguments.insert(0, func.value)
        elif isinstance(func, ast.Name):
            name = func.id
        else:
            raise self.error(func, "only functions of the language can be called", "write * to multiply")
        if isinstance(func, ast.Name) and name in self.functions:
            return self.call_function(tree, self.functions[name])
        if name == "array" and len(arguments) == 1 and not tree.keywords and isinstance(arguments[0], ast.List):
            return self.array(arguments[0])
        if isinstance(func, ast.Name) and self.source and len(arguments) > 1 and not tree.keywords and name in AS_TYPED:
            return AS_TYPED[name](self, tree, name, arguments)
        row = NAMES.get(name)
        if row is None:
            what = "variable" if name in self.env else "unknown function"
            hint = meant(name) or ("write * to multiply" if name in self.env or len(name) == 1 else "")
            raise self.error(func, f"{what} '{name}'" + (" cannot be called" if name in self.env else ""), hint)
        if row.variadic:
            return self.variadic(tree, row, arguments)
        nodes = self.operands(tree, row, arguments)
        if len(nodes) < len(row.operands):
            wanted = (
                f"{row.notation} takes {len(row.operands)} operand{'s' * (len(row.operands) != 1)}, got {len(nodes)}"
            )
            raise self.error(tree, wanted)
        nodes = operands_as_in_numpy(self.builder, name, row, nodes) if self.source else nodes
        method = isinstance(func, ast.Attribute) and not self.is_module(func.value)
        return self.apply(tree, row, nodes, self.attributes(tree, row, arguments[len(nodes) :], packed=method))

    def of_several(self, tree: ast.Call, name: str, arguments: list[ast.expr]) -> int:
        """max(x, 0) and min(x, y, z) of numbers, as Python has them; of arrays NumPy takes the second for an axis."""
        row = OPS[_OF_SEVERAL[name]]
        nodes = [self.lower(argument) for argument in arguments]
        made = [self.builder.nodes[i] for i in nodes]
        if made[0].shape and any(node.op == "const" and not node.shape for node in made[1:]):
            said = ast.unparse(tree).partition("(")[2].removesuffix(")")
            hint = f"write {row.name}({said}), or axis= for an axis"
            raise self.error(tree, f"{name} of arrays and more is ambiguous", hint)
        return reduce(lambda a, b: self.apply(tree, row, [a, b], {}), nodes)

    def logarithm(self, tree: ast.Call, _: str, arguments: list[ast.expr]) -> int:
        """log(x, 2): to a base."""
        if len(arguments) > 2:
            raise self.error(tree, f"log takes a number and a base, got {len(arguments)}")
        of, base = arguments
        known = {"2": "log2", "10": "log10"}.get(ast.unparse(base))
        if known:
            return self.apply(tree, OPS[known], [self.lower(of)], {})
        logs = [self.apply(tree, OPS["log"], [self.lower(part)], {}) for part in (of, base)]
        return self.apply(tree, OPS["div"], logs, {})

    def operands(self, tree: ast.Call, row: Op, arguments: list[ast.expr]) -> list[int]:
        """The operands of a call, in the row's order, given by position or by NumPy's keywords."""
        given: dict[str, ast.expr | None] = dict(zip(row.operands, arguments, strict=False))
        given |= by_keyword(row, {k.arg or "": k.value for k in tree.keywords})
        nodes = list[int]()
        for name in row.operands[: len(given)]:
            operand = given.get(name)
            none = operand is None or (isinstance(operand, ast.Constant) and operand.value is None)
            bound = unbounded(row, name) if none and name in given else None
            if operand is None and bound is None:
                return nodes
            nodes.append(self.builder.const(bound) if bound is not None else self.lower(operand))  # type: ignore[arg-type]
        return nodes

    def define(self, statement: ast.stmt, name: str, parameters: tuple[str, ...], body: ast.expr) -> None:
        """Take in a function g(x, y) = x*y; its body may call those defined before it, never itself.

        One that is called as a function of the language, ReLU(x) = max(0, x), stands before that from then on.
        """
        if name in CONSTANTS:
            where = ast.copy_location(ast.Name(name), statement)
            where.end_lineno, where.end_col_offset = where.lineno, where.col_offset + len(name.encode())
            raise self.error(where, f"'{name}' is the language's own", "give your function another name")
        self.functions[name] = UserFunction(name, parameters, body, {**self.functions})

    def call_function(self, tree: ast.Call, function: UserFunction) -> int:
        """Lower a function's body where it is called, on the nodes of its arguments."""
        name, parameters, body, known = function
        if tree.keywords or len(tree.args) != len(parameters):
            count = len(tree.args) + len(tree.keywords)
            raise self.error(tree, f"{name} takes {', '.join(parameters)} in this order, and got {count}")
        given = [self.lower(argument) for argument in tree.args]
        arguments = dict(zip(parameters, given, strict=True))
        if len(self.results) >= CALLS:
            raise self.error(tree, f"functions are called more than {CALLS} times")
        inner = Lowering(self.builder, {**self.env, **arguments}, self.attrs, self.source, self.free)
        inner.functions, inner.results, inner.depth = {**known}, self.results, self.depth
        node = inner.lower(body)
        self.results.append((node, FunctionCall(name, tuple(given))))
        return node

    def name_results(self) -> None:
        """Note which call gave which node, and name it by the function where the user gave it no other name."""
        for node, call in self.results:
            name = call.function
            self.builder.calls.setdefault(node, call)
            if node not in self.builder.names and self.builder.nodes[node].operands and name not in NAMES:
                self.builder.name(node, name)

    def refuse_others(self, func: ast.Attribute) -> None:
        """Refuse functions of modules that the language does not have."""
        if isinstance(func.value, ast.Name) and func.value.id in FOREIGN and func.value.id not in self.env:
            hint = f"write {func.attr} or np.{func.attr}"
            raise self.error(func.value, f"'{func.value.id}' is not part of the language", hint)

    def refuse_modules(self, func: ast.Attribute, arguments: list[ast.expr]) -> None:
        """Refuse F.relu(x) and sp.exp(x), whose head is no value but somebody's name for a module."""
        row, value = NAMES.get(func.attr), func.value
        if row is None or not isinstance(value, ast.Name) or value.id in self.env or value.id not in ALIASES:
            return
        if len(arguments) >= len(row.operands):
            raise self.error(value, f"'{value.id}' is not part of the language", f"write {func.attr}")

    def variadic(self, tree: ast.Call, row: Op, arguments: list[ast.expr]) -> int:
        """A row that takes one list of operands; in definitions `[f(a), ...]` stands for f of every one."""
        if not arguments or not isinstance(arguments[0], ast.List | ast.Tuple) or not arguments[0].elts:
            raise self.error(tree, f"{row.notation} takes a list of operands, such as {row.name}([x, y])")
        attrs, elements = self.attributes(tree, row, arguments[1:]), arguments[0].elts
        (name,) = row.operands
        each = self.env.get(name)
        if isinstance(each, tuple):
            nodes = [Lowering(self.builder, {name: i}, self.attrs).lower(elements[0]) for i in each]
        else:
            nodes = [self.lower(a) for a in elements]
        return self.apply(tree, row, nodes, attrs)

    def attributes(
        self, tree: ast.Call, row: Op, positional: list[ast.expr], *, packed: bool = False
    ) -> dict[str, Any]:
        """The static attributes of a call, by position or keyword, completed by the row's defaults."""
        attrs, names = dict(row.attrs), parameters(row)
        keywords = [(k.arg or "**", k.value) for k in tree.keywords if k.arg not in operand_names(row)]
        if not positional and not keywords and not row.required:
            return attrs
        if len(positional) > 1 and names[:1] in (["shape"], ["axes"]) and packed:  # x.reshape(2, 3), as in NumPy
            positional = [ast.copy_location(ast.Tuple(positional, ast.Load()), positional[0])]
        if len(positional) > len(names):
            count = len(row.operands) + len(positional)
            raise self.error(
                tree, f"{row.notation} takes {len(row.operands)} operand{'s' * (len(row.operands) != 1)}, got {count}"
            )
        for name, value in [*zip(names, positional, strict=False), *keywords]:
            known = self.attribute_of(tree, row, name, value, hint=INSTEAD.get(row.name, "") * (value in positional))
            if name in attrs:
                attrs[name] = known
        if len(given := [k.arg for k in tree.keywords]) > len(set(given)):
            raise self.error(tree, "a keyword is given twice")
        if missing := [name for name in row.required if attrs[name] is None]:
            raise self.error(tree, f"{row.name} needs {missing[0]}=")
        return attrs

    def attribute_of(self, tree: ast.Call, row: Op, name: str, value: ast.expr, hint: str) -> Any:
        """The value of one static attribute; ParseError, with its place, for one that the row has not."""
        try:
            known = static_value(value, self.attrs, self.env, self.builder)
        except ValueError:
            known = ...
        if name not in row.attrs:
            if refused := not_taken(row, name, known):
                raise self.error(tree if known is ... else value, *refused)
            return known
        listed_axis = isinstance(value, ast.List) and listed(row, name, [])
        wrong = known is ... or listed_axis or (self.source and known != row.attrs[name] and refusal(name, known))
        if wrong:
            raise self.error(value, refusal(name, ...), hint)
        return known

    def apply(self, tree: ast.expr, row: Op, nodes: list[int], attrs: dict[str, Any]) -> int:
        """The application of a row; ShapeError, with its place, where shapes do not fit."""
        builder = self.builder
        first = len(builder.nodes)
        try:
            if self.source and (found := meant_by_numpy(builder, row, nodes)) is not None:
                return found
            if row.define is None:
                return builder.apply(row.name, *nodes, **attrs)
            node = application(builder, row, nodes, attrs)
        except (Misfit, ShapeError) as misfit:  # the latter from within a definition
            raise ShapeError(str(misfit), source=self.source, span=self.span(tree)) from None
        for inner in range(first, len(builder.nodes)) if self.source else ():
            builder.place(inner, self.span(tree))
        return node

    def is_module(self, tree: ast.expr) -> bool:
        while isinstance(tree, ast.Attribute):
            tree = tree.value
        return isinstance(tree, ast.Name) and tree.id in MODULES and tree.id not in self.env

    def refuse_towers(self, exponent: ast.expr) -> None:
        """Refuse a constant exponent beyond any use, 9**9**9, before anything computes it."""
        if bound(exponent) > EXPONENT:
            raise self.error(exponent, f"a constant exponent above {EXPONENT} is not part of the language")

    def span(self, tree: ast.expr) -> Span:
        """The place of a tree, in characters (ast counts bytes)."""
        end_line, end = tree.end_lineno, tree.end_col_offset
        assert end_line is not None
        if self.ascii:
            return Span(tree.lineno, tree.col_offset, end_line, end)  # type: ignore[arg-type]
        lines = self.source.split("\n")
        start, stop = lines[tree.lineno - 1].encode()[: tree.col_offset], lines[end_line - 1].encode()[:end]
        return Span(tree.lineno, len(start.decode()), end_line, len(stop.decode()))

    def error(self, tree: ast.expr, message: str, hint: str = "") -> ParseError:
        return ParseError(message, hint=hint, source=self.source, span=self.span(tree))


def application(builder: Builder, row: Op, nodes: list[int], attrs: dict[str, Any]) -> int:
    """Apply a row, or lower its definition where that is all it is; Misfit where shapes do not fit."""
    define = row.define
    if define is None or row.vjp == ("by definition",):
        return builder.apply(row.name, *nodes, **attrs)
    if callable(define):
        text = define(tuple(builder.nodes[i].shape for i in nodes), attrs)
        if text is not None:
            return inline(builder, text, row, nodes, attrs)
    elif row.composite:
        return inline(builder, define, row, nodes, attrs)
    return builder.apply(row.name, *nodes, **attrs)


def inline(builder: Builder, text: str, row: Op, nodes: list[int], attrs: Mapping[str, Any]) -> int:
    """Lower a definition of the table in place of the row applied to nodes."""
    env: dict[str, Value] = (
        {row.operands[0]: tuple(nodes)} if row.variadic else dict(zip(row.operands, nodes, strict=True))
    )
    return Lowering(builder, env, attrs).lower(parsed(text))


def parsed(text: str) -> ast.expr:
    """Read a rule of the table, once."""
    if text not in _PARSED:
        _PARSED[text] = syntax.expression(text)
    return _PARSED[text]


_OPERATORS: dict[type[ast.AST], Op] = {kind: OPS[name] for kind, (name, _, _) in SYMBOLS.items()}
_OPERATORS |= {ast.Mod: OPS["remainder"], ast.FloorDiv: OPS["floor_divide"]}
_WRITTEN_FOR: dict[type[ast.expr], str] = {
    ast.BoolOp: "write & and | for conditions",
    ast.Lambda: "write f(x) = x**2, or the formula alone",
}
_OF_SEVERAL = {"max": "maximum", "min": "minimum"}
AS_TYPED: dict[str, Callable[[Lowering, ast.Call, str, list[ast.expr]], int]] = {  # calls of several values
    **dict.fromkeys(_OF_SEVERAL, Lowering.of_several),
    **dict.fromkeys(("log", "ln"), Lowering.logarithm),
}
_PARSED: dict[str, ast.expr] = {}
_RULES: dict[type[ast.expr], Callable[..., int]] = {
    ast.Constant: Lowering.constant,
    ast.Name: Lowering.variable,
    ast.BinOp: Lowering.binary,
    ast.UnaryOp: Lowering.unary,
    ast.Compare: Lowering.compare,
    ast.IfExp: Lowering.conditional,
    ast.Attribute: Lowering.attribute,
    ast.Subscript: Lowering.subscript,
    ast.Call: Lowering.call,
    ast.List: Lowering.listed,
}
