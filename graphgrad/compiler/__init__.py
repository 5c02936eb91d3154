"""Floor 5: graphs become source text in another language, and the text becomes functions."""
