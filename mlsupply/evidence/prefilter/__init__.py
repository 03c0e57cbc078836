"""The pre-filter: which Python files are worth parsing, decided from their bytes many times faster than by parsing them.

`choice` decides, with `imports` (import statements that bring in something that acts), `signs` (tables of words, and what
stands around them) and `tokens` (which of many strings a file can hold, from the set of its words).
"""
