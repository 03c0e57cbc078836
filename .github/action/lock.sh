#!/usr/bin/env bash
# Write requirements.txt anew: all runtime dependencies and the build backend, for every platform, by hash.
set -euo pipefail
cd "$(dirname "$0")/../.."
{
  echo "# Made by .github/action/lock.sh; what the Action installs, every file by its hash."
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
    pyproject.toml <(sed -n 's/^requires = \["\(hatchling.*\)"\]$/\1/p' pyproject.toml)
} > .github/action/requirements.txt.new
mv .github/action/requirements.txt.new .github/action/requirements.txt
