"""Abstract values, and the operations on them: constant folding, decoding, merging after branches. They note no facts."""
