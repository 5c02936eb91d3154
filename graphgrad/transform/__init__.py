"""Floor 3: graphs from graphs: gradients, tangents, rewriting, scalarizing, costs, derivations."""
