"""Advisory data: feeds, the pure matcher, the SQLite store and the embedded snapshot."""
