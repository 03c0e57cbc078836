#!/usr/bin/env bash
# One scan, all outputs. Every input comes by environment and is used as one quoted word; nothing is interpolated.
# Reads INPUT_*, BASE_SHA (of a pull request or merge group), FROM_FORK and the runner's variables; writes the runner's output
# and summary files.
set -euo pipefail
mlsupply="${MLSUPPLY_COMMAND:-$RUNNER_TEMP/mlsupply-venv/bin/mlsupply}"
out=$(mktemp -d "$RUNNER_TEMP/mlsupply.XXXXXX") # of this use: a job may use the action for several paths
echo "folder=$out" >> "$GITHUB_OUTPUT"

# a misspelt word must not pass for the milder one
one_of() {
  local input="$1" given="$2" word
  for word in "${@:3}"; do [ "$given" = "$word" ] && return; done
  echo "::error title=mlsupply::$input must be one of: ${*:3}"
  exit 2
}
one_of incomplete "${INPUT_INCOMPLETE:-warn}" fail warn
one_of offline "${INPUT_OFFLINE:-false}" true false

options=(--fail-on "$INPUT_FAIL_ON" --feed "${INPUT_FEED:-auto}" --no-progress)
[ "${INPUT_OFFLINE:-false}" = true ] && options+=(--offline)

# paths count from the workspace, however they are written: at the base commit the same path is looked for below another folder
inside() {
  local path="$1" root="${GITHUB_WORKSPACE:-$PWD}"
  case "$path" in
    "$root") path=. ;;
    "$root"/*) path="${path#"$root"/}" ;;
  esac
  printf '%s' "$path"
}
INPUT_PATH=$(inside "$INPUT_PATH")
INPUT_CONFIG=$(inside "${INPUT_CONFIG:-}")
INPUT_BASELINE=$(inside "${INPUT_BASELINE:-}")

# text of packages goes to the log: between these two lines the runner takes no commands from it
quietly() {
  local stop code=0
  stop="mlsupply-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  echo "::stop-commands::$stop"
  "$@" || code=$?
  echo "::$stop::"
  return "$code"
}

# the commit a pull request is based on, read from git's objects into a folder; whole, whatever its .gitattributes keep out of
# archives
base="$RUNNER_TEMP/mlsupply-base"
take_base() {
  rm -rf "$base" "$base.index" && mkdir -p "$base"
  if ! git rev-parse --git-dir > /dev/null; then # git says why
    echo "::error title=mlsupply::the workspace is no git checkout that git reads: check out without a path of its own"
    exit 1
  fi
  if ! git cat-file -e "$BASE_SHA^{commit}" 2>/dev/null && ! git fetch --quiet --depth 1 origin "$BASE_SHA"; then
    echo "::error title=mlsupply::the base commit $BASE_SHA is not here and cannot be fetched: check out with fetch-depth: 0"
    exit 1
  fi
  GIT_INDEX_FILE="$base.index" git read-tree --no-sparse-checkout "$BASE_SHA"
  mkdir "$base/.git" # marks how far the repository reaches, as in the workspace: links may lead beside the scanned path
  GIT_INDEX_FILE="$base.index" GIT_LFS_SKIP_SMUDGE=1 git checkout-index --all --ignore-skip-worktree-bits --prefix="$base/"
}
outside=false # of the workspace: not the repository's, at whatever commit
[[ "$INPUT_PATH" = /* || "/$INPUT_PATH/" = */../* ]] && outside=true

pull_request=false
[[ "${BASE_SHA:-}" =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] && pull_request=true

from_fork=false
[ "$pull_request" = true ] && [ "${FROM_FORK:-false}" = true ] && from_fork=true
if [ "$pull_request" = true ] && [ "$INPUT_BASELINE" = base ] && [ "$outside" = true ]; then
  echo "::error title=mlsupply::the path leads out of the workspace: the base commit has nothing to compare it with"
  exit 1
fi
if [ "$from_fork" = true ] || { [ "$pull_request" = true ] && [ "$INPUT_BASELINE" = base ]; }; then
  take_base
fi

# a fork does not choose what it is judged by: its configuration is that of the base commit, where there is one
config="${INPUT_CONFIG:-}"
if [ "$from_fork" = true ] && [[ "$config" != /* ]]; then
  folder="$base/$INPUT_PATH"
  [ -d "$folder" ] || folder=$(dirname "$folder")
  [ "$outside" = true ] && folder="$base/none"
  : > "$RUNNER_TEMP/mlsupply-empty.toml"
  chosen="$RUNNER_TEMP/mlsupply-empty.toml"
  if [ -n "$config" ] && [ ! -f "$base/$config" ]; then
    echo "::notice title=mlsupply::the base commit has no such configuration file: the one of its folder is used, if there is one"
  fi
  for candidate in "$folder/pyproject.toml" "$folder/mlsupply.toml" "${config:+$base/$config}"; do
    [ -f "$candidate" ] && chosen="$candidate"
  done
  config="$chosen"
fi
[ -n "$config" ] && options+=(--config "$config")

# the baseline of a pull request: the same scan of its base commit
scan_base() { (cd "$base" && "$mlsupply" scan "${options[@]}" -o "baseline=$out/baseline.json" -- "$INPUT_PATH"); }
if [ "${INPUT_BASELINE:-}" = base ] && [ "$pull_request" = true ]; then
  code=0
  quietly scan_base || code=$?
  if [ -f "$out/baseline.json" ]; then
    options+=(--baseline "$out/baseline.json")
  elif [ "$code" != 4 ]; then
    echo "::error title=mlsupply::the base commit could not be scanned (exit code $code)"
    exit 1
  fi
elif [ "${INPUT_BASELINE:-}" = base ]; then
  echo "::notice title=mlsupply::not a pull request, so there is no base commit to compare with"
elif [ -n "${INPUT_BASELINE:-}" ]; then
  known="$INPUT_BASELINE" # nor does a fork say what is known already
  [ "$from_fork" = true ] && [[ "$known" != /* ]] && known="$base/$known"
  options+=(--baseline "$known")
fi

code=0
quietly "$mlsupply" scan "${options[@]}" -o table -o "json=$out/report.json" -o "sarif=$out/report.sarif" \
  -o "cyclonedx=$out/sbom.cdx.json" -o "html=$out/report.html" -o "markdown=$out/summary.md" \
  -o "github=$out/annotations.txt" -- "$INPUT_PATH" || code=$?

[ -f "$out/annotations.txt" ] && cat "$out/annotations.txt"
[ -f "$out/summary.md" ] && cat "$out/summary.md" >> "$GITHUB_STEP_SUMMARY"
echo "exit-code=$code" >> "$GITHUB_OUTPUT"
for made in json=report.json sarif=report.sarif sbom=sbom.cdx.json html=report.html; do
  if [ -f "$out/${made#*=}" ]; then # a run that was refused leaves none
    echo "${made%%=*}=$out/${made#*=}" >> "$GITHUB_OUTPUT"
  fi
done

case "$code" in
  0) ;;
  3) if [ "${INPUT_INCOMPLETE:-warn}" = fail ]; then exit 3; fi ;;
  *) exit "$code" ;;
esac
