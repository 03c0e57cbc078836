"""Probes: a package, an archive or a file to small frozen facts."""
