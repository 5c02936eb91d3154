"""Where boxes stand."""
