"""What the syntax tree and the text of a module show before it is followed."""
