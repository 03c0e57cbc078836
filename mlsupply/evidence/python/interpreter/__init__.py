"""The abstract interpreter: it runs the statements and calls of a module in order, over abstract values."""
