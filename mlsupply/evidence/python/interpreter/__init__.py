"""Statements, expressions and calls followed in order, over values instead of data (abstract interpretation)."""
