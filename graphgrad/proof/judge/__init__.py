"""Numbers at points: what decides where algebra does not."""
