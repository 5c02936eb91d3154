"""The sigmoid neuron of the CS231n notes on backpropagation, from its primitive operations."""

import graphgrad as gg

program = "s = w0*x0 + w1*x1 + w2; f = 1 / (1 + exp(-s))"
gg.animate(program, w0=2, x0=-1, w1=-3, x1=-2, w2=-3).save("sigmoid_neuron.gif")
