"""Models of library calls that stay on this machine: files, encodings, execution, builtins, callbacks."""
