"""Facts and gaps about one file that another file of the package explains, and that are then taken back."""
