#!/usr/bin/env bash
# Install mlsupply and what it needs into a virtual environment of its own. Every downloaded file must match a hash of
# requirements.txt; the project itself is built from this checkout with the build backend that list pins. The folder a step
# starts in is the project under audit: `python3 -m` would import a venv.py from there, so that folder is left first.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
venv="$RUNNER_TEMP/mlsupply-venv"
cd "$RUNNER_TEMP"
if [ "${RUNNER_OS:-}" = Windows ]; then
  echo "::error title=mlsupply::this action runs on Linux and macOS: choose another runs-on"
  exit 1
fi
"${PYTHON:-python3}" -I -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$root/.github/action/requirements.txt"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation "$root"
"$venv/bin/mlsupply" --version
