"""A graph as statements on arrays that are made once: liveness, reuse of memory, views bound before the first step."""

from __future__ import annotations

from graphgrad.compiler.arrays.memory import Bindings, Kind, Memory
from graphgrad.compiler.passes.layout import column_by_column, is_one_hot
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import OF_ARRAYS
from graphgrad.compiler.source.numpy_calls import PYTHON, filling
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.refs import REPEATS, Ref, Setting, held, late_numbers, reduced_sizes, written_for
from graphgrad.compiler.source.statements import ARRAYS, NO_NODE, NUMBERS, Expr, Statement, digits, entry, variable
from graphgrad.compiler.source.stored import STORED
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS

VIEWS = frozenset({"transpose", "swap", "expand_dims", "squeeze", "index", *REPEATS})
RESHAPES = frozenset({"reshape", "reshape_like"})
SMALL = 8192  # entries: up to here NumPy is slower to repeat an operand than to copy it
SHORT = 60  # characters of a number that may stand where it is used


class Tape:
    """Statements that compute a graph: `bind` stands before the step, `step` inside."""

    def __init__(self, graph: Graph, setting: Setting) -> None:
        self.graph = graph
        self.labels, self.dtype, inputs, homes, dims, taken, self.each_named, rows = setting
        self.widths = PYTHON.but(typed=f"np.{self.dtype}").reference()
        self.once = Bindings(dims, taken, rows)
        self.step: list[Statement] = []
        self.values: list[Expr] = []  # that functions compute
        self.refs: list[Ref] = []
        self.memory = Memory(graph, homes)
        self._places: dict[tuple[int, bool], Expr] = {}
        self._turned = column_by_column(graph)
        self._late = late_numbers(graph, {i for i, ref in inputs.items() if ref.number})
        for i in range(len(graph)):
            self.refs.append(inputs[i] if i in inputs else self._make(i))
            self.memory.hold(self.refs[i].base)
        for node, home in homes.items():
            if self.refs[node].value != variable(home):
                self._write(Expr("copy", (self.refs[node].value,)), variable(home), node)

    @property
    def bind(self) -> list[Statement]:
        """The statements before the step."""
        return self.once.statements

    @property
    def arrays(self) -> list[str]:
        """The arrays that the statements need, besides those given."""
        return list(self.memory.arrays)

    def code(self, called: str, language: Language) -> Code:
        """The statements from afar."""
        bases = {i: ref.base for i, ref in enumerate(self.refs) if ref.base}
        bound = {i for i, node in enumerate(self.graph.nodes) if node.operands and self.refs[i].bound}
        once = frozenset(bound) - bases.keys() - {s.node for s in self.step}
        lines = tuple((s.node, language.said(s)) for s in self.step)
        return Code(called, self.graph, self.labels, lines, bases, once)

    def calls(self, language: Language) -> set[str]:
        """The functions that the statements call by a bare name."""
        return language.calls(self.values)

    def _make(self, i: int) -> Ref:
        node = self.graph.nodes[i]
        if node.op == "const":
            return self._constant(i)
        if not node.shape:
            return self._number(i)
        if node.op in VIEWS or (node.op in RESHAPES and self._in_order(node.operands[0])):
            return self._view(i)
        if is_one_hot(self.graph, i):
            return Ref(variable(""))
        if node.op == "pick" and self.refs[node.operands[0]].whole and len(node.shape) == 1:
            scores, labels = node.operands
            place = self._place(labels, scores)
            return self._set(entry(self._flat(scores, self.refs[scores]), (place,)), i)
        return self._filled(i) or self._fresh(i)

    def _constant(self, i: int) -> Ref:
        """A constant: a number in place, an array made once."""
        node = self.graph.nodes[i]
        if node.shape:
            self.once.bind(self.labels[i], Expr(STORED, (), node.value))
            return held(self.labels[i])
        self.values.append(OF_ARRAYS.constant(node))
        return Ref(self.values[-1], bound=True, number=True)

    def _number(self, i: int) -> Ref:
        """A number: before the first step where it can be known, else inside; in place where it is used once."""
        node = self.graph.nodes[i]
        if node.op == "size":
            reduced = reduced_sizes(self.graph.nodes[node.operands[0]].shape, node.attrs)
            size, *sizes = map(self.once.size, reduced)
            for other in sizes:
                size = Expr("mul", (size, other))
            return Ref(size, bound=True, number=True)
        refs = [self.refs[o] for o in node.operands]
        plain = i in self._late
        value = self._expression(i)
        if node.op == "sum" and dict(node.attrs)["axis"] is None:
            value = self._total(node.operands[0])
        self.values.append(value)
        bound = plain and all(r.bound for r in refs)
        once = plain and self.memory.uses[i] == 1 and i not in self.graph.outputs.values()
        if once and self.widths.size(value).width < SHORT:
            user = next(n for n in self.graph.nodes[i:] if i in n.operands)
            if not user.shape and (len(user.operands) > 1 or OPS[user.op].python) and user.op in OPS:
                return Ref(value, bound=bound, number=True)
        if bound:
            return Ref(self.once.bind(self.labels[i], value), bound=True, number=plain)
        return self._set(value, i)._replace(number=plain)

    def _total(self, o: int) -> Expr:
        """The sum of all entries: of one number a row, as a product with ones, which is faster."""
        shape, ref = self.graph.nodes[o].shape, self.refs[o]
        if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1 and ref.whole):
            vector = ref.value if len(shape) == 1 else self._flat(o, ref)
            return Expr("inner product", (self.once.ones(shape[0]), vector))
        return Expr("total", (ref.value,))

    def _view(self, i: int) -> Ref:
        """A view: bound once where its array is, else written where it is used."""
        node = self.graph.nodes[i]
        source = self.refs[node.operands[0]]
        if node.op in REPEATS:
            keeps = (
                not self.graph.nodes[node.operands[0]].shape or dict(node.attrs).get("keepdims") or node.op != "spread"
            )
            users = [n for n in self.graph.nodes[i:] if i in n.operands]
            if (
                keeps
                and all(n.op in OPS and filling(n.op) and n.shape == node.shape for n in users)
                and not self._is_output(i)
            ):
                return source  # NumPy repeats it by itself
        if node.op in {"spread", "broadcast_like", "reshape_like", "broadcast_to", "reshape"}:
            made = self._shaped(i)
        else:
            made = OF_ARRAYS.apply(self.graph, i, [source.value])
        read_turned = node.op == "transpose" and self._turned.issuperset(self.graph.users[i])
        if not source.bound or read_turned:  # whose transpose is the source itself
            return Ref(made)
        wanted = self.once.free_name(f"{source.value.said}_T" if node.op == "transpose" else self.labels[i])
        return Ref(self.once.bind(wanted, made), source.base, bound=True, whole=node.op in RESHAPES)

    def _shaped(self, i: int) -> Expr:
        """A view of a given shape, with its sizes."""
        node, (operand, *_) = self.graph.nodes[i], self.graph.nodes[i].operands
        source, attrs, inner = self._operand(operand), dict(node.attrs), self.graph.nodes[operand].shape
        if node.op == "spread" and inner and attrs["axis"] is not None and not attrs["keepdims"]:
            source = Expr("expanded", (source, digits(attrs["axis"])))
        form = "reshaped" if node.op in RESHAPES else "broadcast"
        return Expr(form, (source, self.once.shape(node.shape)))

    def _filled(self, i: int) -> Ref | None:
        """A value written into an array that is there already."""
        node = self.graph.nodes[i]
        if node.op == "sub" and (made := self._one_off(i)):
            return made
        if node.op == "matmul":
            return self._product(i)
        if node.op in {"sum", "max", "min"}:
            return self._reduced(i)
        way = filling(node.op)
        if way is None:
            return None
        given = dict(zip("ab", self._given(i), strict=False))
        given |= {k: self.once.constant(digits(k)) for step in way.steps for k in step[1:] if k.isdigit()}
        made = self._into(i, frozenset(node.operands) if way.same else frozenset())
        given["v"] = made.value
        for op, *operands in way.steps:
            self._write(Expr(op, tuple(given[o] for o in operands)), made.value, i)
        return made

    def _product(self, i: int) -> Ref:
        """A product of matrices or vectors: by the method `dot`, which is called faster than the functions."""
        operands = self.graph.nodes[i].operands
        verb, factors, turned = "product", [self.refs[o].value for o in operands], i in self._turned
        if max(len(self.graph.nodes[o].shape) for o in operands) > 2:
            verb, turned = "matmul", False
        elif turned:
            factors = [*map(self._transposed, operands)][::-1]
        made = self._into(i, frozenset())
        self._write(Expr(verb, tuple(factors)), Expr("turned", (made.value,)) if turned else made.value, i)
        return made

    def _reduced(self, i: int) -> Ref:
        """A sum along an axis: a product with ones, which is faster; a maximum by the ufunc's own method."""
        node = self.graph.nodes[i]
        (operand,) = node.operands
        source, attrs, shape = self.refs[operand].value, dict(node.attrs), self.graph.nodes[operand].shape
        if node.op == "sum" and len(shape) == 2 and attrs["axis"] == 0 and not attrs["keepdims"]:
            value = Expr("product", (self.once.ones(shape[0]), source))
            made = self._into(i, frozenset())
            self._write(value, made.value, i)
            return made
        axis, made = digits(repr(attrs["axis"])), self._into(i, frozenset())
        if len(shape) == 2 and attrs["axis"] in {-1, 1} and (node.op == "sum" or attrs["keepdims"]):
            flat = self._flat(i, made) if attrs["keepdims"] else made.value
            ones = self.once.ones(shape[1])
            value = Expr("product", (source, ones)) if node.op == "sum" else Expr(f"{node.op} along", (source, axis))
            self._write(value, flat, i)
        else:
            self._write(Expr(f"{node.op} {'kept' if attrs['keepdims'] else 'along'}", (source, axis)), made.value, i)
        return made

    def _one_off(self, i: int) -> Ref | None:
        """`x - unpick(c, labels, like)`: one entry of every row of x made smaller, where it stands."""
        node = self.graph.nodes[i]
        x, hot = node.operands
        if not is_one_hot(self.graph, hot):
            return None
        amount, labels, _ = self.graph.nodes[hot].operands
        made = self._into(i, frozenset({x}))
        if made.base != self.refs[x].base:
            self._write(Expr("copy", (self.refs[x].value,)), made.value, i)
        flat, place = self._flat(i, made), self._place(labels, i)
        self._write(Expr("take off", (self._operand(amount),)), entry(flat, (place,)), i)
        return made

    def _place(self, labels: int, scores: int) -> Expr:
        """The places, end to end, of the labelled entries of an array of rows."""
        rows, columns = map(self.once.size, self.graph.nodes[scores].shape)
        turned, y = scores in self._turned, self.refs[labels].value
        if (labels, turned) not in self._places:
            start = Expr("range", (rows,))
            starts = self.once.once(start if turned else Expr("mul", (start, columns)), "starts")
            place = self.once.bind(self.once.free_name("place"), Expr("empty places", (rows,)))
            self._places[labels, turned] = place
            if turned:
                count = self.once.once(Expr("whole number", (rows,)), "count")
                self._write(Expr("mul", (y, count)), place, NO_NODE)
            self._write(Expr("add", (place if turned else y, starts)), place, NO_NODE)
        return self._places[labels, turned]

    def _flat(self, i: int, ref: Ref) -> Expr:
        """All of an array, end to end, as it lies in memory."""
        base = variable(ref.base)
        rows = Expr("turned", (base,)) if i in self._turned else base
        return self.once.once(Expr("flat", (rows,)), f"{ref.base}_flat")

    def _transposed(self, o: int) -> Expr:
        """The transpose of an operand."""
        node, ref = self.graph.nodes[o], self.refs[o]
        if node.op == "transpose":
            return self.refs[node.operands[0]].value
        turned = Expr("turned", (ref.value,))
        return self.once.once(turned, f"{ref.value.said}_T") if ref.bound else turned

    def _into(self, i: int, same: frozenset[int]) -> Ref:
        """Choose the array for a value: its home, a dying operand's, a free one, or a new one."""
        node, label, turned = self.graph.nodes[i], self.labels[i], i in self._turned
        kind = Kind(node.shape, "bool" if node.dtype == "bool" else "float", turned)
        base = self.memory.choose(i, kind, [o for o in same if self.refs[o].whole])
        if not base:
            base = called = label
            self.memory.arrays[base] = kind
            self.once.bind(label, self.once.empty(kind.dtype, node.shape, turned=turned))
        elif base in self.memory.arrays and self.each_named:
            called = label
            self.once.bind(label, variable(base))
        else:
            called = base
        return Ref(variable(called), base, bound=True, whole=True)

    def _fresh(self, i: int) -> Ref:
        """A value that only a new array can hold."""
        self.values.append(self._expression(i))
        return self._set(self.values[-1], i)

    def _expression(self, i: int) -> Expr:
        """A node's operation; of numbers, where all of its operands are Python's own."""
        node = self.graph.nodes[i]
        given = [self.refs[o].value for o in node.operands]
        if i in self._late:
            return Expr(node.op, tuple(given), node.attrs, NUMBERS if OPS[node.op].python else ARRAYS)
        return OF_ARRAYS.apply(self.graph, i, given)

    def _given(self, i: int) -> list[Expr]:
        """The operands of a ufunc; one that NumPy would repeat is copied so in a small array, which is quicker."""
        node, given = self.graph.nodes[i], [self._operand(o) for o in self.graph.nodes[i].operands]
        given_as = [written_for(self.graph, self.refs, o) for o in node.operands]
        repeated = [k for k, h in enumerate(given_as) if h.shape not in {(), node.shape} and h.dtype == "float"]
        if len(repeated) == 1 and self.once.count(node.shape) <= SMALL:
            scratch = self.once.scratch(node.shape, turned=i in self._turned)
            self._write(Expr("repeat", (given[repeated[0]],)), scratch, i)
            given[repeated[0]] = scratch
        return given

    def _operand(self, o: int) -> Expr:
        """An operand of a ufunc: numbers as arrays without axes, which NumPy takes in faster."""
        ref = self.refs[o]
        if not ref.number:
            return ref.value
        if ref.bound:
            return self.once.constant(ref.value)
        number = self.once.bind(self.once.free_name(f"{self.labels[o]}_number"), Expr("empty", (Expr("tuple"),)))
        self._write(Expr("put", (ref.value,)), number, o)
        return number

    def _in_order(self, i: int) -> bool:
        """Whether a node is all of an array, row by row."""
        return self.refs[i].whole and i not in self._turned

    def _is_output(self, i: int) -> bool:
        return i in self.graph.outputs.values()

    def _set(self, value: Expr, node: int) -> Ref:
        """Give a node's value its name."""
        self.step.append(Statement(variable(self.labels[node]), value, node))
        return Ref(variable(self.labels[node]))

    def _write(self, value: Expr, into: Expr, node: int) -> None:
        """Write a value into an array."""
        self.step.append(Statement(None, value, node, into))
