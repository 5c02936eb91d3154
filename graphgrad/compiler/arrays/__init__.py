"""Programs of arrays: statements, buffers, many points at once."""
