"""Rigorous arithmetic: exact rationals, multiples of pi, balls, and series of them."""
