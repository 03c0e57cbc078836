"""Measurements, as commands: `python -m tests.bench.NAME`."""

from __future__ import annotations

import os

# A user's machine keeps the bytecode of what it runs; some workplaces forbid writing it, and every start would compile anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
