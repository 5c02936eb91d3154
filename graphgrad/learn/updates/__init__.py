"""What a step does to the parameters: optimizers and schedules, rows of text, and L-BFGS."""
