"""Files of a package that are no Python modules, or are read as something else: what each kind of them runs or hides."""
