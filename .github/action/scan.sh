#!/usr/bin/env bash
# One scan, all outputs. Every input comes by environment and is used as one quoted word; nothing is interpolated.
# Reads INPUT_*, BASE_SHA and the runner's variables; writes the runner's output and summary files.
set -euo pipefail
mlsupply="${MLSUPPLY_COMMAND:-$RUNNER_TEMP/mlsupply-venv/bin/mlsupply}"
out="$RUNNER_TEMP/mlsupply"
mkdir -p "$out"

options=(--fail-on "$INPUT_FAIL_ON" --feed "${INPUT_FEED:-auto}" --no-progress)
[ "${INPUT_OFFLINE:-false}" = true ] && options+=(--offline)
[ -n "${INPUT_CONFIG:-}" ] && options+=(--config "$INPUT_CONFIG")

# the baseline of a pull request: the same scan of the commit it is based on, read from git's objects into a folder
if [ "${INPUT_BASELINE:-}" = base ]; then
  if [[ "${BASE_SHA:-}" =~ ^[0-9a-f]{40}$ ]]; then
    base="$RUNNER_TEMP/mlsupply-base"
    rm -rf "$base" && mkdir -p "$base"
    git cat-file -e "$BASE_SHA^{commit}" 2>/dev/null || git fetch --quiet --depth 1 origin "$BASE_SHA"
    git archive "$BASE_SHA" | tar -x -C "$base"
    code=0
    (cd "$base" && "$mlsupply" scan "${options[@]}" -o "baseline=$out/baseline.json" -- "$INPUT_PATH") || code=$?
    if [ -f "$out/baseline.json" ]; then
      options+=(--baseline "$out/baseline.json")
    elif [ "$code" != 4 ]; then
      echo "::error title=mlsupply::the base commit could not be scanned (exit code $code)"
      exit 1
    fi
  else
    echo "::notice title=mlsupply::not a pull request, so there is no base commit to compare with"
  fi
elif [ -n "${INPUT_BASELINE:-}" ]; then
  options+=(--baseline "$INPUT_BASELINE")
fi

# text of packages goes to the log: between these two lines the runner takes no commands from it
stop="mlsupply-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
echo "::stop-commands::$stop"
code=0
"$mlsupply" scan "${options[@]}" -o table -o "json=$out/report.json" -o "sarif=$out/report.sarif" \
  -o "cyclonedx=$out/sbom.cdx.json" -o "html=$out/report.html" -o "markdown=$out/summary.md" \
  -o "github=$out/annotations.txt" -- "$INPUT_PATH" || code=$?
echo "::$stop::"

[ -f "$out/annotations.txt" ] && cat "$out/annotations.txt"
[ -f "$out/summary.md" ] && cat "$out/summary.md" >> "$GITHUB_STEP_SUMMARY"
{
  echo "exit-code=$code"
  echo "json=$out/report.json"
  echo "sarif=$out/report.sarif"
  echo "sbom=$out/sbom.cdx.json"
  echo "html=$out/report.html"
} >> "$GITHUB_OUTPUT"

case "$code" in
  0) ;;
  3) if [ "${INPUT_INCOMPLETE:-warn}" = fail ]; then exit 3; fi ;;
  *) exit "$code" ;;
esac
