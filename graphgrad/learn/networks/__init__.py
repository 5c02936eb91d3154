"""Networks and losses as program text."""
