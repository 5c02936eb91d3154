"""A sigmoid neuron: its local partial y * (1 - y) needs nothing but the value already computed."""

import graphgrad as gg

for theme in ("light", "dark"):
    film = gg.animate("s = w1*x1 + w2*x2 + b; y = sigmoid(s)", w1=0.5, x1=1, w2=-1, x2=2, b=0.5, theme=theme)
    film.save(f"sigmoid_neuron.{theme}.svg")
