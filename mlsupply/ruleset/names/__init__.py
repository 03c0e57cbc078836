"""Is a name pretending to be another? See `engine`."""

from mlsupply.ruleset.names.engine import Names
from mlsupply.ruleset.names.known import Reviewed
from mlsupply.ruleset.names.verdict import Likeness, NameEvidence, NameVerdict, Technique

__all__ = ["Likeness", "NameEvidence", "NameVerdict", "Names", "Reviewed", "Technique"]
