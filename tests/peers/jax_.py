"""What README says of JAX."""

import importlib

from peers.looking import lacks


def jax_draws(_):
    import jax

    lowered = jax.jit(lambda x: x * x).lower(1.0)
    return lowered.compiler_ir("hlo").as_hlo_dot_graph().startswith("digraph")


def jax_differentiates(_):
    import jax

    return "mul" in str(jax.make_jaxpr(jax.grad(lambda x: x**3))(1.0)) and jax.grad(jax.grad(lambda x: x**3))(2.0) == 12


def jax_differences(_):
    import jax
    from jax.test_util import check_grads

    wrong = jax.custom_vjp(lambda x: x**2)
    wrong.defvjp(lambda x: (x**2, x), lambda x, g: (g * 2 * x * (1 + 1e-6),))
    check_grads(wrong, (jax.numpy.ones(3),), order=1, modes=["rev"])  # raises where it disagrees
    return True


def jax_loops(_):
    import jax

    def power(x):
        return jax.lax.fori_loop(0, 3, lambda _, y: jax.lax.cond(y > 0, lambda: y * x, lambda: -y), x)

    return jax.grad(power)(2.0) == 32


CHECKS = {
    "draws a graph": jax_draws,
    "draws without a system's Graphviz": lambda _: lacks("jax", "graphviz", "render_dot", "draw_graph"),
    "film of backpropagation": lambda _: lacks("jax", "film", "animat", "gif_"),
    "derivation by hand, line by line": lambda _: lacks("jax", "chain_rule", "by_hand"),
    "gradient is a program to read and differentiate again": jax_differentiates,
    "verdict on a claimed gradient": jax_differences,
    "code that runs without the library": lambda _: (
        "StableHLO" in importlib.import_module("jax.export").Exported.__doc__
    ),
    "trains networks": lambda _: lacks("jax", "fit_network", "minibatch"),
    "loops and branches on data": jax_loops,
    "GPU": lambda _: callable(importlib.import_module("jax").device_put),
}
