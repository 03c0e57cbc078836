"""Incident questions over git history, environments and folders of repositories."""
