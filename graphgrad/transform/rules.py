"""Algebra as text: `pattern -> replacement`, in the language itself.

Every name stands for any node, and `axis=axis` for any attribute. A rule must hold wherever its pattern is defined, and
is proved by sympy in the tests. It fires only where it keeps the shape; after `if` stands a term that must be there
already, so that the rule shares work and never adds to it.
"""

RULES = """
x + 0 -> x
0 + x -> x
x - 0 -> x
0 - x -> -x
x * 1 -> x
1 * x -> x
x * 0 -> 0
0 * x -> 0
x / 1 -> x
x ** 1 -> x
x ** 0 -> 1
x ** -1 -> 1 / x
-(-x) -> x
-(x - y) -> y - x
x + -y -> x - y
-x + y -> y - x
x - -y -> x + y
-x * y -> -(x * y)
x * -y -> -(x * y)
-x / y -> -(x / y)
x / -y -> -(x / y)
x * (1 / y) -> x / y
1 / x * y -> y / x
x * (y / z) -> x / z * y if x / z
-1 * x -> -x
x * -1 -> -x
log(exp(x)) -> x
sum(-x, axis=axis, keepdims=keepdims) -> -sum(x, axis=axis, keepdims=keepdims)
x.T.T -> x
swap(swap(x)) -> x
~~c -> c
where(~c, x, y) -> where(c, y, x)
""".strip()
