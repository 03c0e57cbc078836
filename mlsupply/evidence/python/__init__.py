"""Python read without running it: names resolved, constants folded, values followed from source to sink."""
