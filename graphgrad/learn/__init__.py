"""Floor 6: networks, losses and optimizers as text in the language, data, and the loop that trains."""
