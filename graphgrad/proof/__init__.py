"""Floor 6: verdicts on gradients: ours, somebody's claim, somebody's code."""
