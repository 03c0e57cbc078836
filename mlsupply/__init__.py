"""mlsupply: a supply-chain auditor for AI/ML Python projects."""

__version__ = "0.1.0"
