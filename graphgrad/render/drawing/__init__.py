"""Drawing: typeset mathematics, shapes, themes."""
