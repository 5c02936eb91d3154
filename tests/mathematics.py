"""A reader of typeset mathematics, for tests: LaTeX in, numbers out, by what a textbook means.

It shares nothing with the writer but the names that it is given: its grammar is its own. Matrices stand side by side
for their product, numbers and entries for theirs; entries count from 1; a letter under a sum, product or bracket runs
over the axis on which it stands alone, or as far as its bound says.
"""
# ruff: noqa: S105  (tokens of a formula)

import math
import re
from itertools import permutations, product

import numpy as np
from scipy.special import erf, erfc, expit, log_softmax, logsumexp, softmax, xlogy

FUNCTIONS = {
    **{n: getattr(np, n) for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "sign", "expm1", "log1p",
                                   "cbrt", "hypot", "log2", "log10", "sqrt", "floor")},
    **{f"arc{n}": getattr(np, f"arc{n}") for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "atan2": np.arctan2, "erf": erf, "sigma": expit,
    "erfc": erfc,
    "sigmoid": expit, "softplus": lambda a: np.logaddexp(a, 0), "relu": lambda a: np.maximum(a, 0),
    "gelu": lambda a: a * (1 + erf(a / np.sqrt(2))) / 2, "silu": lambda a: a * expit(a),
    "clip": lambda a, low, high: np.minimum(np.maximum(a, low), high),
    "leaky relu": lambda a, slope=0.1: np.where(a > 0, a, slope * a),
    "reciprocal": lambda a: 1 / a, "square": np.square, "round": np.round,
    "mod": np.mod,
    "logaddexp": np.logaddexp, "sech": lambda a: 1 / np.cosh(a),
    "exprel": lambda a, order=0: sum(np.asarray(a) ** k / ((k + order + 1) * math.factorial(k)) for k in range(60)),
    "sinrel": lambda a, order=0: sum((-1) ** ((k + order) // 2) * np.asarray(a) ** k
                                     / (math.factorial(k) * (k + order + 1)) for k in range(int(order) % 2, 60, 2)),
    "elu": lambda a, alpha=1.0: np.where(a > 0, a, alpha * np.expm1(np.minimum(a, 0))),
}  # fmt: skip
WHOLE = {"max": np.max, "min": np.min, "argmax": np.argmax, "argmin": np.argmin, "logsumexp": logsumexp,
         "norm": lambda a: np.sqrt(np.sum(np.square(a))), "sum": np.sum, "prod": np.prod}  # fmt: skip
RELATIONS = {">": np.greater, "<": np.less, r"\geq": np.greater_equal, r"\leq": np.less_equal, "=": np.equal,
             r"\neq": np.not_equal}  # fmt: skip
TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?(?:e-?\d+)?|.", re.DOTALL)


class Row(np.ndarray):
    """A vector lying down."""


class Reader:
    """Reads formulas in the names of arrays and numbers."""

    def __init__(self, names):
        self.values = names
        self.names = sorted(names, key=len, reverse=True)

    def read(self, tex):
        """Give the syntax tree of a formula; ValueError where it is none."""
        self.tex = re.sub(r"\\color\{#[0-9a-f]{6}\} ?", "", tex)
        self.at = 0
        tree = self.either()
        if self.peek():
            raise ValueError(f"{self.tex!r} goes on: {self.tex[self.at :]!r}")
        return tree

    def evaluate(self, tex, letters=None):
        """Give the value of a formula."""
        return np.asarray(self.value(self.read(tex), letters or {}))

    def holds(self, left, right, target):
        """Whether a left side, maybe with indices, is equal to a formula, entry by entry; shapes included."""
        lead, tree = self.read(left), self.read(right)
        if lead[0] != "entry":
            found = np.asarray(self.value(tree, {}))
            return found.shape == np.shape(target) and np.allclose(found, target, rtol=1e-8, atol=1e-10)
        indices = lead[2]
        if len(indices) != np.ndim(target):
            return False
        ranges = []
        for (kind, what), size in zip(indices, np.shape(target), strict=True):
            if kind == "number" and not (what == 1 and size == 1):
                return False
            ranges.append(range(1, size + 1))
        for place in product(*ranges):
            letters = {what: at for (kind, what), at in zip(indices, place, strict=True) if kind == "letter"}
            found = np.asarray(self.value(tree, letters))
            if found.shape or not np.isclose(found, target[tuple(p - 1 for p in place)], rtol=1e-8, atol=1e-10):
                return False
        return True

    # Tokens

    def skip(self):
        while self.tex[self.at : self.at + 1] in {" ", "\n"} and self.at < len(self.tex):
            self.at += 1

    def peek(self):
        self.skip()
        found = TOKEN.match(self.tex, self.at)
        return found[0] if found else ""

    def take(self, *wanted):
        token = self.peek()
        if wanted and token not in wanted:
            return ""
        self.at += len(token)
        return token

    def must(self, token):
        if not self.take(token):
            raise ValueError(f"{token!r} is missing at {self.tex[self.at :]!r} of {self.tex!r}")

    def group(self):
        """The text between braces."""
        self.must("{")
        start, depth = self.at, 1
        while depth:
            token = TOKEN.match(self.tex, self.at)[0]
            self.at += len(token)
            depth += (token == "{") - (token == "}")
        return self.tex[start : self.at - 1]

    def inner(self, tex):
        """A formula within this one."""
        return type(self)(self.values).read(tex)

    # Grammar, loosest first

    def either(self):
        left = self.both()
        while self.take(r"\vee"):
            left = ("or", left, self.both())
        return left

    def both(self):
        left = self.relation()
        while self.take(r"\wedge"):
            left = ("and", left, self.relation())
        return left

    def relation(self):
        if self.take("("):
            return self.elsewhere()
        first = left = self.sum()
        chain = []
        while sign := self.take(*RELATIONS):
            right = self.sum()
            chain.append(("relation", sign, left, right))
            left = right
        tree = chain[0] if chain else first
        for more in chain[1:]:
            tree = ("and", tree, more)
        return tree

    def elsewhere(self):
        """Two places that differ: in one index at least."""
        sides = []
        for _ in range(2):
            sides.append([self.sum()])
            while self.take(","):
                sides[-1].append(self.sum())
            self.must(")")
            if len(sides) == 1:
                self.must(r"\neq")
                self.must("(")
        first, *rest = [("relation", r"\neq", a, b) for a, b in zip(*sides, strict=True)]
        for more in rest:
            first = ("or", first, more)
        return first

    def sum(self):
        left = self.product()
        while sign := self.take("+", "-"):
            left = ("sum", sign, left, self.product())
        return left

    def product(self):
        left = self.signed()
        while True:
            if sign := self.take(r"\odot", r"\cdot", r"\times"):
                left = ("product", sign, left, self.signed())
            elif self.take(r"\,") or (left[0] == "number" and re.fullmatch(r"[^\W\d_]", self.peek())):
                left = ("product", "", left, self.signed())
            elif self.peek() == r"\log" and left:
                left = ("product", "xlogy", left, self.signed())
            else:
                return left

    def signed(self):
        if self.take("-"):
            return ("minus", self.signed())
        if self.take(r"\neg"):
            return ("not", self.signed())
        return self.power()

    def power(self):
        base = self.atom()
        while True:
            if self.take("^"):
                above = self.group().strip()
                if above == r"\top":
                    base = ("turned", base)
                elif above.startswith(r"\odot"):
                    base = ("power", True, base, self.inner(above.removeprefix(r"\odot")))
                else:
                    base = ("power", False, base, self.inner(above))
            elif self.peek() == "_":
                self.take()
                base = self.indexed(base, self.group())
            else:
                return base

    def indexed(self, base, below):
        if base[0] == "bracket":
            return ("built", base[1], self.bounds(below))
        if ":" in below:
            return ("slice", base, [s.strip() for s in self.split(below)])
        return ("entry", base, self.indices(below))

    def split(self, below):
        return re.split(r"\\?,(?:\\[,;])?(?![^{]*\})(?![^(]*\))", below.replace(r",\,", ",").replace(r",\;", ","))

    def indices(self, below):
        if re.fullmatch(r"(?:[^\W\d_]'*)+", below.strip()) and below.strip() not in self.values:
            return [("letter", x) for x in re.findall(r"[^\W\d_]'*", below)]
        return [self.inner(part) for part in self.split(below)]

    def bounds(self, below):
        """Letters, with how far they go or under which condition they stand."""
        found = []
        for part in self.split(below):
            tree = self.inner(part)
            if tree[0] == "letter":
                found.append((tree, None))
            elif tree[0] == "relation" and tree[1] == r"\leq" and tree[2][0] == "letter":
                found.append((tree[2], tree[3]))
            else:
                found.append((tree, None))
        return found

    def parenthesised(self):
        """What stands in parentheses or brackets."""
        self.must(r"\left")
        opening = self.take()
        if opening not in {"(", "["}:
            raise ValueError(f"an opening {opening!r}")
        parts = [self.either()]
        while self.take(","):
            parts.append(self.keyword() or self.either())
        self.must(r"\right")
        self.must({"(": ")", "[": "]"}[opening])
        return opening, parts

    def keyword(self):
        found = re.match(r"\s*\\mathrm\{([\w ]+)\}=(-?[\d.]+)", self.tex[self.at :])
        if not found:
            return None
        self.at += len(found[0])
        return ("number", float(found[2]))

    def named(self):
        """The longest name that stands here."""
        self.skip()
        for name in self.names:
            command = "\\" in name and name[-1:].isalpha()  # which goes on as long as letters follow
            following = self.tex[self.at + len(name) :][:1]
            if self.tex.startswith(name, self.at) and not (command and following.isalpha()):
                self.at += len(name)
                return name
        return None

    def atom(self):  # noqa: C901, PLR0911, PLR0912  (one branch a notation)
        name = self.named()
        if name is not None:
            return ("name", name)
        token = self.peek()
        if re.match(r"\d", token):
            self.take()
            if found := re.match(r" \\times 10\^\{(-?\d+)\}", self.tex[self.at :]):
                self.at += len(found[0])
                token += "e" + found[1]
            return ("number", float(token))
        if token == "{":
            text = self.group()
            return self.inner(text) if text.strip() else ("number", 1.0)
        if token == r"\left":
            return self.fence()
        if token == r"\frac":
            self.take()
            text = self.group()
            if text.startswith(r"\partial") and r"\partial" in (below := self.group()):
                return self.slope(text, below)
            if not text.startswith(r"\partial"):
                below = self.group()
            return ("product", "/", self.inner(text), self.inner(below))
        if token == r"\sqrt":
            self.take()
            if self.take("["):
                self.must("3")
                self.must("]")
                return ("call", "cbrt", None, [self.inner(self.group())])
            return ("call", "sqrt", None, [self.inner(self.group())])
        if token in {r"\sum", r"\prod"}:
            self.take()
            self.must("_")
            bounds = self.bounds(self.group())
            return ("over", token[1:], bounds, self.product())
        if token == r"\begin":
            return self.cases()
        if token in {r"\operatorname", r"\text"}:
            self.take()
            return self.function(self.group())
        if token == r"\infty":
            self.take()
            return ("number", np.inf)
        if token == r"\pi":
            self.take()
            return ("number", np.pi)
        if token in {r"\exp", r"\max", r"\min"} or token[1:] in FUNCTIONS:
            self.take()
            return self.function(token[1:])
        if token == r"\mathit":
            self.take()
            return ("name", rf"\mathit{{{self.group()}}}")
        if token == "e":
            self.take()
            return ("number", np.e)
        if token.isalpha() and len(token) == 1:
            self.take()
            letter = token
            while self.tex[self.at : self.at + 1] == "'":
                letter += "'"
                self.at += 1
            return ("letter", letter)
        raise ValueError(f"no meaning for {token!r} in {self.tex!r}")

    def slope(self, above, below):
        """A derivative by an entry."""
        for name in self.names:
            found = re.fullmatch(r"\\frac\{(\\partial .*)\}\{(\\partial )(.*)\}", name)
            if not found or found[1] != above:
                continue
            own = found[3]
            for base in (own, rf"\left({own}\right)"):
                rest = below.removeprefix(found[2] + base)
                if below.startswith(found[2] + base) and re.fullmatch(r"_\{.*\}", rest):
                    return ("entry", ("name", name), self.indices(rest[2:-1]))
        raise ValueError(f"an unknown derivative of {above} by {below}")

    def fence(self):
        start = self.at
        self.must(r"\left")
        opening = self.take()
        if opening == "|":
            inside = self.either()
            self.must(r"\right")
            self.must("|")
            return ("call", "abs", None, [inside])
        if opening == r"\|":
            inside = self.either()
            self.must(r"\right")
            self.must(r"\|")
            return ("over", "norm", self.bounds(self.group()) if self.take("_") else None, inside)
        if opening == r"\lfloor":
            inside = self.either()
            self.must(r"\right")
            self.must(r"\rfloor")
            return ("call", "floor", None, [inside])
        self.at = start
        opening, parts = self.parenthesised()
        (part,) = parts
        return ("bracket", part) if opening == "[" else part

    def cases(self):
        self.must(r"\begin")
        self.group()
        end = self.tex.index(r"\end{cases}", self.at)
        depth, place = 1, self.at
        while depth:
            following = re.compile(r"\\(begin|end)\{cases\}").search(self.tex, place)
            depth += 1 if following[1] == "begin" else -1
            place, end = following.end(), following.start()
        body, self.at = self.tex[self.at : end], place
        first, second = self.rows(body, r"\\")
        (value, condition), (other, _) = (self.rows(row, "&") for row in (first, second))
        conditions = [self.inner(part) for part in condition.split(r",\;")]
        return ("cases", self.inner(value), conditions, self.inner(other))

    @staticmethod
    def rows(text, sign):
        """Two parts at a sign that stands in no inner cases."""
        depth, at = 0, 0
        while at < len(text):
            if text.startswith(r"\begin{cases}", at):
                depth += 1
            if text.startswith(r"\end{cases}", at):
                depth -= 1
            if not depth and text.startswith(sign, at):
                return text[:at], text[at + len(sign) :]
            at += 1
        raise ValueError(f"no {sign} in {text!r}")

    def function(self, name):
        below = self.group() if self.take("_") else None
        if self.take("^"):
            above = self.inner(self.group())
            return ("power", False, self.function(name), above)
        if self.peek() != r"\left":
            return ("call", name, below, [self.power()])
        opening, parts = self.parenthesised()
        assert opening == "("
        if name in WHOLE and below is not None:
            return ("over", name, self.bounds(below), parts[0])
        if name in WHOLE and len(parts) == 1:
            return ("over", name, None, parts[0])
        return ("call", name, below, parts)

    # Meaning

    def value(self, tree, letters):  # noqa: C901, PLR0911, PLR0912  (one case a notation)
        kind = tree[0]
        if kind == "number":
            return np.float64(tree[1])
        if kind == "letter":
            return letters[tree[1]]
        if kind == "name":
            return np.asarray(self.values[tree[1]])
        if kind == "minus":
            return -self.plain(tree[1], letters)
        if kind == "not":
            return np.logical_not(self.plain(tree[1], letters))
        if kind in {"and", "or"}:
            a, b = (self.plain(t, letters) for t in tree[1:])
            return np.logical_and(a, b) if kind == "and" else np.logical_or(a, b)
        if kind == "relation":
            return RELATIONS[tree[1]](self.plain(tree[2], letters), self.plain(tree[3], letters))
        if kind == "sum":
            a, b = (self.plain(t, letters) for t in tree[2:])
            return a + b if tree[1] == "+" else a - b
        if kind == "product":
            return self.multiplied(tree, letters)
        if kind == "turned":
            a = self.value(tree[1], letters)
            return a.view(Row) if np.ndim(a) == 1 else np.swapaxes(a, -1, -2)
        if kind == "power":
            base, above = self.plain(tree[2], letters), self.plain(tree[3], letters)
            if bool(np.ndim(base)) != tree[1]:
                raise ValueError("a power of a matrix is no power of its entries")
            return base**above
        if kind == "bracket":
            return np.asarray(self.plain(tree[1], letters), float)
        if kind == "slice":
            return self.plain(tree[1], letters)[tuple(map(part, tree[2]))]
        if kind == "entry":
            a = self.plain(tree[1], letters)
            places = [self.plain(t, letters) for t in tree[2]]
            if len(places) != np.ndim(a):
                raise ValueError(f"{len(places)} indices of an array of {np.ndim(a)} axes")
            if any(not 1 <= p <= n for p, n in zip(places, np.shape(a), strict=True)):
                raise ValueError(f"no entry {places} of an array of {np.shape(a)}")
            return a[tuple(int(p) - 1 for p in places)]
        if kind == "cases":
            conditions = [self.plain(t, letters) for t in tree[2]]
            if not any(map(np.ndim, conditions)):
                chosen, other = (tree[1], tree[3]) if all(conditions) else (tree[3], tree[1])
                return self.repeated(self.plain(chosen, letters), other, letters)
            return np.where(np.all(conditions, 0), self.plain(tree[1], letters), self.plain(tree[3], letters))
        if kind == "built":
            sizes = [self.size(letter, bound, tree[1], letters) for letter, bound in tree[2]]
            names = [letter[1] if letter[0] == "letter" else "" for letter, _ in tree[2]]
            entries = [self.plain(tree[1], letters | dict(zip(names, place, strict=True)))
                       for place in product(*(range(1, n + 1) for n in sizes))]  # fmt: skip
            return np.reshape(entries, sizes)
        if kind == "over":
            return self.reduced(tree, letters)
        if kind == "call":
            return self.called(tree, letters)
        raise ValueError(kind)

    def plain(self, tree, letters):
        return np.asarray(self.value(tree, letters))

    def repeated(self, chosen, other, letters):
        """A chosen value in the shape that it shares with the one not chosen, where that has any."""
        try:
            return np.broadcast_to(chosen, np.broadcast_shapes(np.shape(chosen), np.shape(self.plain(other, letters))))
        except ValueError:  # an entry that there is not
            return chosen

    def multiplied(self, tree, letters):
        _, sign, left, right = tree
        a, b = self.value(left, letters), self.value(right, letters)
        if sign == "/":
            with np.errstate(divide="ignore", invalid="ignore"):  # of a case that is not taken, perhaps
                return np.asarray(a) / np.asarray(b)
        if sign == "xlogy":
            return np.asarray(a) * np.asarray(b)
        if sign == r"\odot":
            if not (np.ndim(a) and np.ndim(b)):
                raise ValueError("⊙ stands between arrays")
            return np.asarray(a) * np.asarray(b)
        if not np.ndim(a) or not np.ndim(b):
            return np.asarray(a) * np.asarray(b)
        if sign:
            raise ValueError(f"{sign} stands between two arrays")
        if isinstance(b, Row):
            return np.outer(a, b)
        if np.ndim(a) == np.ndim(b) == 1 and not isinstance(a, Row):
            raise ValueError("a column times a column")
        return np.asarray(a) @ np.asarray(b)

    def reduced(self, tree, letters):
        _, name, bounds, body = tree
        if bounds is None:
            found = WHOLE[name](self.plain(body, letters))
            return found + 1 if name.startswith("arg") else found
        conditions = [tree for tree, _ in bounds if tree[0] != "letter"]
        free = [(tree, bound) for tree, bound in bounds if tree[0] == "letter"]
        for condition in conditions:
            free += [(t, None) for t in walk(condition) if t[0] == "letter" and t[1] not in letters]
        names = [tree[1] for tree, _ in free]
        sizes = [self.size(tree, bound, body, letters) for tree, bound in free]
        terms = []
        for place in product(*(range(1, n + 1) for n in sizes)):
            here = letters | dict(zip(names, place, strict=True))
            if all(self.condition(c, here) for c in conditions):
                terms.append(self.plain(body, here))
        if not terms and name == "prod":
            return np.float64(1)
        found = WHOLE[name](np.asarray(terms), axis=0) if name != "norm" else np.sqrt(np.sum(np.square(terms), 0))
        return found + 1 if name.startswith("arg") else found

    def condition(self, tree, letters):
        return bool(self.plain(tree, letters))

    def size(self, letter, bound, body, letters):
        """How far a letter runs: as its bound says, or along the axis on which it stands alone."""
        if letter[0] == "number":
            return 1
        if bound is not None:
            return int(self.plain(bound, letters))
        sizes = {
            np.shape(self.plain(tree[1], letters))[axis]
            for tree in walk(body)
            if tree[0] == "entry"
            for axis, index in enumerate(tree[2])
            if index == letter
        }
        if len(sizes) != 1:
            raise ValueError(f"how far {letter[1]} runs: {sizes}")
        return sizes.pop()

    def called(self, tree, letters):  # noqa: PLR0911  (one function each)
        _, name, below, arguments = tree
        given = [self.plain(t, letters) for t in arguments]
        if name == "reshape":
            return np.reshape(given[0], [int(n) for n in re.findall(r"-?\d+", below)])
        if name in {"softmax", "log softmax"}:
            axis = int(below) - 1 if below else -1
            return (softmax if name == "softmax" else log_softmax)(given[0], axis=axis)
        if name == "concatenate":
            return np.concatenate(given, axis=int(below) - 1 if below else 0)
        if name == "cross entropy":
            scores, labels = given
            return -np.mean(np.take_along_axis(log_softmax(scores, -1), labels[..., None].astype(int), -1))
        if name in {"max", "min"}:
            return {"max": np.maximum, "min": np.minimum}[name](*given)
        if name == "abs":
            return np.abs(given[0])
        if name == "xlogy":
            return xlogy(*given)
        if below:
            return FUNCTIONS[name + below](*given)
        return FUNCTIONS[name](*given)


def part(text):
    """A place or a range, counted from 1, both ends in."""
    numbers = [int(n) if n else None for n in text.split(":")]
    if len(numbers) == 1:
        return numbers[0] - 1
    if numbers == [None, None]:
        return slice(None)
    start, step, stop = (numbers[0], 1, numbers[1]) if len(numbers) == 2 else numbers
    end = stop if step > 0 else stop - 2
    return slice(start - 1, end if end >= 0 else None, step)


def tells_a_place(tree):
    """Whether a formula says by number where in an array something stands."""
    return any(
        t[0] == "slice"
        or (t[0] == "entry" and any(kind != "letter" and place != 1.0 for kind, place, *_ in t[2]))
        or (t[0] == "relation" and any(s[0] == "number" and o[0] == "letter" for s, o in permutations(t[2:])))
        for t in walk(tree)
    )


def walk(tree):
    """Every tree within a tree."""
    if isinstance(tree, tuple):
        if tree and isinstance(tree[0], str):
            yield tree
        for child in tree:
            yield from walk(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from walk(child)
