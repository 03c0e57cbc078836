"""Which Python files are worth parsing, decided from their bytes."""
