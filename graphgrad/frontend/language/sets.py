"""Written sets: `[... for (x, y) in T]` stacks what it gives for each pair of a set that the text itself writes.

`T = {((0, 0), 0), ((0, 1), 1)}` stands in a line of its own, or the set stands where T does. Pairs keep their order.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence

from graphgrad.core import syntax
from graphgrad.core.errors import ParseError
from graphgrad.frontend.language.heads import without_parameters

MOST = 2000  # members of a set, which the program is written out for


def unrolled(source: str, longest: int = 500_000) -> str:
    """Write out the comprehensions over written sets; the text as it is where there are none.

    Raises ParseError where that has more characters than `longest`.

    >>> print(unrolled("T = {((0, 1), 1), ((2, 3), 0)}; L = mean([square(y - w @ x) for (x, y) in T])"))
    L = mean(stack([square(1 - w @ [0, 1]), square(0 - w @ [2, 3])]))
    >>> print(unrolled("y = sum(A[0, k] * x[k] for k in range(3))"))
    y = sum(stack([A[0, 0] * x[0], A[0, 1] * x[1], A[0, 2] * x[2]]))
    """
    if " for " not in source:
        return source
    try:
        tree = syntax.statements(without_parameters(source)[0])
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return source  # the parser says what is wrong with it
    written = _Unrolling(longest)
    for statement in tree.body:
        written.take(statement)
    cut = [(node, "") for node in tree.body if isinstance(node, ast.Assign) and _name(node) in written.used]
    pieces = sorted([*cut, *written.made], key=lambda piece: (piece[0].lineno, piece[0].col_offset), reverse=True)
    lines = [line.encode() for line in source.split("\n")]
    for node, new in pieces:
        first, last = node.lineno - 1, (node.end_lineno or 1) - 1
        after = lines[last][node.end_col_offset :]
        before = lines[first][: node.col_offset]
        lines[first : last + 1] = [before + new.encode() + (after if new else after.lstrip(b" ;"))]
    made = "\n".join(line.decode() for line in lines).strip("\n")
    if len(made) > longest:
        raise _too_long(len(made), longest)
    return made


class _Unrolling:
    """The sets that a text writes, and the places of comprehensions over them, with what these come to."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.length = 0  # characters that were written out
        self.sets: dict[str, Sequence[ast.expr]] = {}
        self.stacks: set[str] = set()  # names of what comprehensions came to
        self.used: set[str] = set()
        self.made: list[tuple[ast.stmt | ast.expr, str]] = []

    def take(self, statement: ast.stmt) -> None:
        """Note a set, or write out what stands in a line."""
        value = getattr(statement, "value", None)
        members = _members(value)
        if members is not None and _name(statement):
            self.sets[_name(statement)] = members
        elif isinstance(value, ast.expr):
            self.look(value)
            if isinstance(value, ast.ListComp) and any(node is value for node, _ in self.made):
                self.stacks.add(_name(statement))

    def look(self, tree: ast.expr) -> None:
        """Write out the outermost comprehensions of an expression."""
        match tree:
            case ast.ListComp() | ast.GeneratorExp():
                entries = self.entries(tree)
                if entries is not None:
                    inside = ", ".join(entries)
                    stack = f"stack([{inside}])"
                    self.made.append((tree, f"({stack})" if isinstance(tree, ast.GeneratorExp) else stack))
            case ast.Call(args=[ast.Name(id=name)], keywords=[]) if name in self.stacks and _called(tree) == "stack":
                self.made.append((tree, name))
            case ast.Call(args=[ast.ListComp() as inner], keywords=[]) if _called(tree) in {"stack", "array"}:
                if (entries := self.entries(inner)) is not None:
                    self.made.append((tree, f"stack([{', '.join(entries)}])"))
            case _:
                for part in ast.iter_child_nodes(tree):
                    if isinstance(part, ast.expr):
                        self.look(part)

    def entries(self, tree: ast.ListComp | ast.GeneratorExp) -> list[str] | None:
        """What a comprehension gives for each member of its set; None where none is written, or it has a condition."""
        match tree.generators:
            case [ast.comprehension(target=target, iter=over, ifs=[], is_async=0)]:
                members = self.sets.get(over.id) if isinstance(over, ast.Name) else _members(over)
            case _:
                return None
        if members is None:
            return None
        if len(members) > MOST:
            raise ParseError(f"a written set has {len(members)} members, {MOST} at most are read")
        if isinstance(over, ast.Name):
            self.used.add(over.id)
        found = [_bound(target, member) for member in members]
        return None if None in found else self.puts(tree.elt, [names or {} for names in found])

    def puts(self, formula: ast.expr, found: Sequence[Mapping[str, ast.expr]]) -> list[str]:
        """The formula for each member; refused before it is written out where its sets make it too long."""
        least = len(_put(formula, dict.fromkeys(found[0], ast.Name("_", ast.Load()))))  # no member is shorter
        self.fits(self.length + least * len(found))
        entries = []
        for names in found:
            entries.append(_put(formula, names))
            self.length += len(entries[-1])
            self.fits(self.length)
        return entries

    def fits(self, least: int) -> None:
        if least > self.longest:
            raise _too_long(least, self.longest, "at least ")


def _too_long(length: int, longest: int, least: str = "") -> ParseError:
    return ParseError(
        f"written out over its sets the program has {least}{length} characters, {longest} at most are read"
    )


def _name(statement: ast.stmt) -> str:
    """The name that a line assigns to, if it is one."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return ""


def _called(tree: ast.Call) -> str:
    """The last name of what is called: stack, of np.stack."""
    return tree.func.attr if isinstance(tree.func, ast.Attribute) else getattr(tree.func, "id", "")


def _members(tree: ast.expr | None) -> Sequence[ast.expr] | None:
    """The members of a written set, or of a range of whole numbers."""
    match tree:
        case ast.Set(elts=members) | ast.Tuple(elts=members) | ast.List(elts=members) if members:
            return members
        case ast.Call(func=ast.Name(id="range"), args=bounds, keywords=[]) if 1 <= len(bounds) <= 2:
            ends = [bound.value for bound in bounds if isinstance(bound, ast.Constant) and type(bound.value) is int]
            if len(ends) == len(bounds) and len(span := range(*ends)) <= MOST:
                return [ast.Constant(k) for k in span]
    return None


def _bound(target: ast.expr, member: ast.expr) -> Mapping[str, ast.expr] | None:
    """What names stand for at a member; None where it has not their form."""
    match target, member:
        case ast.Name(id=name), _:
            return {name: member}
        case (ast.Tuple(elts=targets), ast.Tuple(elts=parts) | ast.List(elts=parts)) if len(targets) == len(parts):
            names: dict[str, ast.expr] = {}
            for inner, part in zip(targets, parts, strict=True):
                found = _bound(inner, part)
                if found is None:
                    return None
                names |= found
            return names
    return None


def _put(formula: ast.expr, names: Mapping[str, ast.expr]) -> str:
    """A formula with values in the places of names, tuples being vectors."""

    class Put(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
            """An entry of a member by its place is that entry."""
            match node:
                case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int() as k)):
                    parts = getattr(names.get(name), "elts", ())
                    if k < len(parts):
                        return _listed(parts[k])
            return self.generic_visit(node)

        def visit_Name(self, node: ast.Name) -> ast.expr:
            return _listed(names[node.id]) if node.id in names else node

    return ast.unparse(Put().visit(copy.deepcopy(formula)))


def _listed(tree: ast.expr) -> ast.expr:
    """Tuples as lists, which are arrays."""
    if isinstance(tree, ast.Tuple | ast.List):
        return ast.List([_listed(part) for part in tree.elts], ast.Load())
    return tree
