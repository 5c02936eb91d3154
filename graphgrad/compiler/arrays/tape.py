"""A graph as statements on arrays that are made once: liveness, reuse of memory, views bound before the first step."""

from __future__ import annotations

import re

from graphgrad.compiler.arrays.memory import Bindings, Kind, Memory
from graphgrad.compiler.passes.layout import column_by_column, is_one_hot
from graphgrad.compiler.source.lines import Dialect
from graphgrad.compiler.source.numpy_calls import filling
from graphgrad.compiler.source.refs import REPEATS, Ref, Setting, late_numbers, reduced_sizes, written_for
from graphgrad.compiler.source.stored import made_once
from graphgrad.compiler.source.templates import ATOM, Spelled, spell, template
from graphgrad.core.constants import Constant, ConstantArray
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS

VIEWS = frozenset({"transpose", "swap", "expand_dims", "squeeze", "index", *REPEATS})
RESHAPES = frozenset({"reshape", "reshape_like"})
SMALL = 8192  # entries: up to here NumPy is slower to repeat an operand than to copy it


class Tape:
    """Statements that compute a graph: `bind` stands before the step, `step` inside."""

    def __init__(self, graph: Graph, setting: Setting) -> None:
        self.graph = graph
        self.labels, self.dtype, inputs, homes, dims, taken, self.each_named, rows = setting
        self.dialect = Dialect("numpy", f"np.{self.dtype}")
        self.once = Bindings(self.dtype, dims, taken, rows)
        self.step: list[tuple[str, int]] = []  # a statement and the node that it is for
        self.calls: set[str] = set()
        self.refs: list[Ref] = []
        self.memory = Memory(graph, homes)
        self._places: dict[tuple[int, bool], str] = {}
        self._turned = column_by_column(graph)
        self._late = late_numbers(graph, {i for i, ref in inputs.items() if ref.number})
        for i in range(len(graph)):
            self.refs.append(inputs[i] if i in inputs else self._make(i))
            self.memory.hold(self.refs[i].base)
        for node, home in homes.items():
            if self.refs[node].text != home:
                self._say(f"np.copyto({home}, {self.refs[node].text})", node)

    @property
    def bind(self) -> list[str]:
        """The lines before the step."""
        return self.once.lines

    @property
    def arrays(self) -> list[str]:
        """The arrays that the statements need, besides those given."""
        return list(self.memory.arrays)

    def _make(self, i: int) -> Ref:
        node = self.graph.nodes[i]
        if node.op == "const":
            return self._constant(i)
        if not node.shape:
            return self._number(i)
        if node.op in VIEWS or (node.op in RESHAPES and self._in_order(node.operands[0])):
            return self._view(i)
        if is_one_hot(self.graph, i):
            return Ref("")
        if node.op == "pick" and self.refs[node.operands[0]].whole and len(node.shape) == 1:
            scores, labels = node.operands
            place = self._place(labels, scores)
            self._say(f"{self.labels[i]} = {self._flat(scores, self.refs[scores])}[{place}]", i)
            return Ref(self.labels[i])
        return self._filled(i) or self._fresh(i)

    def _constant(self, i: int) -> Ref:
        """A constant: a number in place, an array made once."""
        node = self.graph.nodes[i]
        if isinstance(node.value, ConstantArray) and node.shape:
            for line in made_once(self.labels[i], node.value, self.dtype):
                self.once.say(line)
            return Ref(self.labels[i], self.labels[i], bound=True, whole=True)
        spelled = self.dialect.constant(node)
        if isinstance(node.value, Constant):
            self.calls.add(node.value.name)
        return Ref(spelled.text, bound=True, level=spelled.level, number=True)

    def _number(self, i: int) -> Ref:
        """A number: before the first step where it can be known, else inside; in place where it is used once."""
        node = self.graph.nodes[i]
        if node.op == "size":
            sizes = [self.once.size(s) for s in reduced_sizes(self.graph.nodes[node.operands[0]].shape, node.attrs)]
            return Ref(" * ".join(sizes), bound=True, level=ATOM if len(sizes) == 1 else 11, number=True)
        refs = [self.refs[o] for o in node.operands]
        plain = i in self._late
        made = (
            template(node.op, node.attrs, "python")
            if plain and OPS[node.op].python
            else self.dialect.form(self.graph, i)
        )
        assert made is not None
        self.calls |= made.calls
        spelled = spell(made, node.op, self._spelled(i))
        if node.op == "sum" and dict(node.attrs)["axis"] is None:
            spelled = self._total(node.operands[0])
        bound = plain and all(r.bound for r in refs)
        if plain and self.memory.uses[i] == 1 and len(spelled.text) < 60 and i not in self.graph.outputs.values():
            user = next(n for n in self.graph.nodes[i:] if i in n.operands)
            if not user.shape and (len(user.operands) > 1 or OPS[user.op].python) and user.op in OPS:
                return Ref(spelled.text, bound=bound, level=spelled.level, number=True)
        if bound:
            self.once.say(f"{self.labels[i]} = {spelled.text}")
        else:
            self._say(f"{self.labels[i]} = {spelled.text}", i)
        return Ref(self.labels[i], bound=bound, number=plain)

    def _total(self, o: int) -> Spelled:
        """The sum of all entries: of one number a row, as a product with ones, which is faster."""
        shape, ref = self.graph.nodes[o].shape, self.refs[o]
        if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1 and ref.whole):
            vector = ref.text if len(shape) == 1 else self._flat(o, ref)
            return Spelled(f"{self.once.ones(shape[0])}.dot({vector})", ATOM)
        return Spelled(f"{ref.text}.sum()", ATOM)

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
            form = self.dialect.form(self.graph, i)
            assert form is not None
            made = spell(form, node.op, [Spelled(source.text, source.level)])
        read_turned = node.op == "transpose" and self._turned.issuperset(self.graph.users[i])
        if not source.bound or read_turned:  # whose transpose is the source itself
            return Ref(made.text, level=made.level)
        name = self.once.free_name(f"{source.text}_T" if node.op == "transpose" else self.labels[i])
        self.once.say(f"{name} = {made.text}")
        return Ref(name, source.base, bound=True, whole=node.op in RESHAPES)

    def _shaped(self, i: int) -> Spelled:
        """A view of a given shape, written with its sizes."""
        node, (operand, *_) = self.graph.nodes[i], self.graph.nodes[i].operands
        source, attrs, inner = self._operand(operand), dict(node.attrs), self.graph.nodes[operand].shape
        function = "np.reshape" if node.op in RESHAPES else "np.broadcast_to"
        if node.op == "spread" and inner and attrs["axis"] is not None and not attrs["keepdims"]:
            source = f"np.expand_dims({source}, {attrs['axis']})"
        return Spelled(f"{function}({source}, {self.once.shape(node.shape)})", ATOM)

    def _filled(self, i: int) -> Ref | None:
        """A value written into an array that is there already."""
        node = self.graph.nodes[i]
        if node.op == "sub" and (made := self._one_off(i)):
            return made
        if node.op == "matmul":
            return self._into(i, [self._product(i)], frozenset())
        if node.op in {"sum", "max", "min"}:
            return self._reduced(i)
        way = filling(node.op)
        if way is None:
            return None
        names = dict(zip("ab", self._given(i), strict=False))
        used = {k: self.once.constant(k) for s in way.statements for k in re.findall(r"\{(\d)\}", s)}
        statements = [re.sub(r"\{(\w)\}", lambda m: {**names, **used}.get(m[1], "{v}"), s) for s in way.statements]
        return self._into(i, statements, frozenset(node.operands) if way.same else frozenset())

    def _product(self, i: int) -> str:
        """A product of matrices or vectors: by the method `dot`, which is called faster than the functions."""
        operands = self.graph.nodes[i].operands
        if max(len(self.graph.nodes[o].shape) for o in operands) > 2:
            return f"np.matmul({', '.join(self.refs[o].text for o in operands)}, out={{v}})"
        if i in self._turned:
            right, left = map(self._transposed, operands)
            return f"{left}.dot({right}, out={{v}}.T)"
        left, right = (self.refs[o].text for o in operands)
        return f"{left}.dot({right}, out={{v}})"

    def _reduced(self, i: int) -> Ref | None:
        """A sum along an axis: a product with ones, which is faster; a maximum by the ufunc's own method."""
        node = self.graph.nodes[i]
        (operand,) = node.operands
        source, attrs, shape = self.refs[operand], dict(node.attrs), self.graph.nodes[operand].shape
        if node.op == "sum" and len(shape) == 2 and attrs["axis"] == 0 and not attrs["keepdims"]:
            return self._into(i, [f"{self.once.ones(shape[0])}.dot({source.text}, out={{v}})"], frozenset())
        method = f"np.{'add' if node.op == 'sum' else node.op + 'imum'}.reduce({source.text}, axis={attrs['axis']}"
        if len(shape) == 2 and attrs["axis"] in {-1, 1} and (node.op == "sum" or attrs["keepdims"]):
            made = self._into(i, [], frozenset())
            flat = self._flat(i, made) if attrs["keepdims"] else made.text
            ones = f"{source.text}.dot({self.once.ones(shape[1])}"
            self._say(f"{ones if node.op == 'sum' else method}, out={flat})", i)
            return made
        return self._into(i, [method + ", keepdims=True" * bool(attrs["keepdims"]) + ", out={v})"], frozenset())

    def _one_off(self, i: int) -> Ref | None:
        """`x - unpick(c, labels, like)`: one entry of every row of x made smaller, where it stands."""
        node = self.graph.nodes[i]
        x, hot = node.operands
        if not is_one_hot(self.graph, hot):
            return None
        amount, labels, _ = self.graph.nodes[hot].operands
        made = self._into(i, [], frozenset({x}))
        if made.base != self.refs[x].base:
            self._say(f"np.copyto({made.text}, {self.refs[x].text})", i)
        self._say(f"{self._flat(i, made)}[{self._place(labels, i)}] -= {self._operand(amount)}", i)
        return made

    def _place(self, labels: int, scores: int) -> str:
        """The places, end to end, of the labelled entries of an array of rows."""
        rows, columns = map(self.once.size, self.graph.nodes[scores].shape)
        turned, y = scores in self._turned, self.refs[labels].text
        if (labels, turned) not in self._places:
            starts = self.once.once(f"np.arange({rows})" + f" * {columns}" * (not turned), "starts")
            name = self._places[labels, turned] = self.once.free_name("place")
            self.once.say(f"{name} = np.empty({rows}, np.int64)")
            if turned:
                count = self.once.once(f"np.array({rows})", "count")
                self._say(f"np.multiply({y}, {count}, out={name})", -1)
            self._say(f"np.add({name if turned else y}, {starts}, out={name})", -1)
        return self._places[labels, turned]

    def _flat(self, i: int, ref: Ref) -> str:
        """All of an array, end to end, as it lies in memory."""
        return self.once.once(f"{ref.base}{'.T' * (i in self._turned)}.reshape(-1)", f"{ref.base}_flat")

    def _transposed(self, o: int) -> str:
        """The transpose of an operand."""
        node, ref = self.graph.nodes[o], self.refs[o]
        if node.op == "transpose":
            return self.refs[node.operands[0]].text
        return self.once.once(f"{ref.text}.T", f"{ref.text}_T") if ref.bound else f"{ref.text}.T"

    def _into(self, i: int, statements: list[str], same: frozenset[int]) -> Ref:
        """Choose the array for a value: its home, a dying operand's, a free one, or a new one."""
        node, name, turned = self.graph.nodes[i], self.labels[i], i in self._turned
        kind = Kind(node.shape, "bool" if node.dtype == "bool" else f"np.{self.dtype}", turned)
        base = self.memory.choose(i, kind, [o for o in same if self.refs[o].whole])
        if not base:
            base = text = name
            self.memory.arrays[base] = kind
            size = self.once.shape(node.shape[::-1] if turned else node.shape)
            self.once.say(f"{name} = np.empty({size}, {kind.dtype}){'.T' * turned}")
        elif base in self.memory.arrays and self.each_named:
            text = name
            self.once.say(f"{name} = {base}")
        else:
            text = base
        for statement in statements:
            self._say(statement.replace("{v}", text), i)
        return Ref(text, base, bound=True, whole=True)

    def _fresh(self, i: int) -> Ref:
        """A value that only a new array can hold."""
        node, form = self.graph.nodes[i], self.dialect.form(self.graph, i)
        assert form is not None
        self.calls |= form.calls
        made = spell(form, node.op, self._spelled(i))
        self._say(f"{self.labels[i]} = {made.text}", i)
        return Ref(self.labels[i])

    def _spelled(self, i: int) -> list[Spelled]:
        """The operands as they stand in a node's expression."""
        given = {o: Spelled(self.refs[o].text, self.refs[o].level) for o in self.graph.nodes[i].operands}
        return (
            [given[o] for o in self.graph.nodes[i].operands]
            if i in self._late
            else self.dialect.operands(self.graph, i, given)
        )

    def _given(self, i: int) -> list[str]:
        """The operands of a ufunc; one that NumPy would repeat is copied so in a small array, which is quicker."""
        node, texts = self.graph.nodes[i], [self._operand(o) for o in self.graph.nodes[i].operands]
        held = [written_for(self.graph, self.refs, o) for o in node.operands]
        repeated = [k for k, h in enumerate(held) if h.shape not in {(), node.shape} and h.dtype == "float"]
        if len(repeated) == 1 and self.once.count(node.shape) <= SMALL:
            name = self.once.scratch(node.shape, turned=i in self._turned)
            self._say(f"{name}[...] = {texts[repeated[0]]}", i)
            texts[repeated[0]] = name
        return texts

    def _operand(self, o: int) -> str:
        """An operand of a ufunc: numbers as arrays without axes, which NumPy takes in faster."""
        ref = self.refs[o]
        if not ref.number:
            return ref.text
        if ref.bound:
            return self.once.constant(ref.text)
        name = self.once.free_name(f"{self.labels[o]}_number")
        self.once.say(f"{name} = np.empty((), np.{self.dtype})")
        self._say(f"{name}[()] = {ref.text}", o)
        return name

    def _in_order(self, i: int) -> bool:
        """Whether a node is all of an array, row by row."""
        return self.refs[i].whole and i not in self._turned

    def _is_output(self, i: int) -> bool:
        return i in self.graph.outputs.values()

    def _say(self, statement: str, node: int) -> None:
        self.step.append((statement, node))
