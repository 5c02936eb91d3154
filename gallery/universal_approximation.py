"""Universal approximation: the more hidden units, the closer a network of two layers comes to a continuous function."""

import numpy as np
from _drawing import plot

import graphgrad as gg

x = np.linspace(-1, 1, 101)
wanted = np.sin(9 * x) + x
panels = {}
for units in (2, 4, 8, 30):
    net = gg.mlp(1, units, 1, initial="pytorch", seed=1)
    model, _ = gg.fit(net, x[:, None], wanted[:, None], lr=0.02, epochs=3000, batch_size=None)
    panels[f"{units} hidden units"] = {"function": (x, wanted), "network": (x, model.predict(x[:, None]).ravel())}
plot("universal_approximation.svg", panels)
