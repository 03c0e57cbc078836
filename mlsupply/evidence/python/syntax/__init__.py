"""What the tree and the text of a module show before anything in it is followed."""
