"""The algebra: sums of products of generators, and what equals what."""
