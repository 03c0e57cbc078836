"""`python -m mlsupply`."""

import os
import sys

# `-m` puts the current folder first on the import path, and that is often the project under audit: its click.py must not
# be imported for ours.
try:
    here = os.getcwd()  # noqa: PTH109  pathlib costs more to import than this file
except OSError:  # it is gone, and nothing can be imported from it
    here = ""
if sys.path and sys.path[0] in ("", here):
    del sys.path[0]

from mlsupply.start import entry

if __name__ == "__main__":
    entry()
