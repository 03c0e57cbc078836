"""Programs that are started: their command lines, what these do, and where the words in them come from."""
