"""The YAML rule language (pure) and name impersonation."""
