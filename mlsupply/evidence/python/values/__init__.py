"""What is known of a value, and what becomes of it: constants folded, encodings undone, branches merged. No side effects."""
