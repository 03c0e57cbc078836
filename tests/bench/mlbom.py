"""`python -m tests.bench.mlbom DIR [COMMAND ...]`: write the ML-BOM of the tests' small project (a gateway, two models, a
dataset, a tool server) into DIR as CycloneDX 1.6 and 1.7, and open both with other people's tools: each COMMAND is run
with `{}` replaced by the file, as in

    python -m tests.bench.mlbom out "cdx-ev validate {}" "cdx-validate --strict --no-include-manual -r json -i {}"

(cdx-ev from the package cyclonedx-editor-validator, cdx-validate from npm's @cyclonedx/cdxgen)."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from tests.test_mlbom import FILES


def main() -> None:
    """Write, run and print exit codes and last lines."""
    folder = Path(sys.argv[1])
    project = folder / "rag"
    project.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (project / name).write_text(text)
    ours = Path(sys.executable).with_name("mlsupply")
    for form in ("cyclonedx", "cyclonedx-1.7"):
        file = folder / f"{form}.cdx.json"
        subprocess.run([ours, "sbom", project, "--offline", "-o", f"{form}={file}"], check=True)
        for command in sys.argv[2:]:
            words = [word.replace("{}", str(file)) for word in shlex.split(command)]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            said = (done.stderr or done.stdout).strip().splitlines()[-2:]
            print(f"{form:<14} exit {done.returncode}  {command}\n    " + "\n    ".join(said))


if __name__ == "__main__":
    main()
