"""`python -m mlsupply`."""

from mlsupply.cli import main

if __name__ == "__main__":
    main()
