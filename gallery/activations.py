"""Four activations and their derivatives, which gg.grad finds and gg.compile evaluates on a grid."""

import numpy as np
from _drawing import plot

import graphgrad as gg

x = np.linspace(-4, 4, 161)
panels = {}
for formula in ("tanh(x)", "sigmoid(x)", "relu(x)", "leaky_relu(x)"):
    value, grads = gg.compile(gg.grad(formula))(x=x)
    panels[formula] = {"value": (x, value), "derivative": (x, grads["x"])}
plot("activations.svg", panels)
