"""Films and pictures of backpropagation."""
