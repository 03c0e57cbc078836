"""Where a project names models, datasets, tool servers, gateways and skills. Code and configuration are read, never run."""
