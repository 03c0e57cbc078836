"""Queries on taint: sets of labels `kind:detail` that say where the content of a value comes from.

The same few sets are asked about again and again, so the answers are cached.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.values.value import Taint

# Labels of variables that the environment sets (CI, shell, cluster, notebook), not a user who asks for something.
_AMBIENT = re.compile(
    r"variable:(?:CI|GITHUB|GITLAB|JENKINS|TRAVIS|CIRCLE|BUILDKITE|TF_BUILD|KUBERNETES|VIRTUAL_ENV|CONDA|AWS|GOOGLE|AZURE|COLAB|"
    r"JPY|JUPYTER|KAGGLE|HOME|USER|PATH|DISPLAY|SSH|TERM|SHELL|LANG|LC_|LOGNAME|MAIL$|PWD|OLDPWD|HOST(?:NAME|TYPE)?$|"
    r"SYSTEMROOT|WINDIR|COMSPEC|PROGRAM|PROCESSOR|NUMBER_OF|ALLUSERS|(?:LOCAL)?APPDATA|TE?MP|XDG_|DBUS_|WAYLAND|EDITOR|VISUAL|"
    r"PAGER|SUDO_|RUNNER_|NVIDIA_|CUDA_|LD_|(?:LOCAL_)?RANK$|WORLD_SIZE|MASTER_|NCCL|SLURM|PBS_|OMP_|RAY_|DATABRICKS|SPACE_|"
    r"SAGEMAKER|SM_|DYNO|K_SERVICE|LAMBDA_|ECS_|FUNCTIONS_|WEBSITE_|UV_|TOX_|PYTEST|DOCKER|CODESPACE|GITPOD|TMUX|SHLVL|_$|"
    r"PYTHON|PIP|VSCODE|CURSOR|CLAUDE|WSL|OS$|COMPUTERNAME|a name)"
)


@lru_cache(maxsize=8_192)
def on_request(taint: Taint) -> bool:
    """Whether the value depends on what the user asks for: on arguments of the program, or on a variable that the
    environment does not set by itself."""
    return "parameter:sys.argv" in taint or any(
        label.startswith("variable:") and not _AMBIENT.match(label) for label in taint
    )


@lru_cache(maxsize=8_192)
def kinds_in(taint: Taint) -> frozenset[str]:
    """The kinds of the labels."""
    return frozenset(map(_kind, taint))


@lru_cache(maxsize=16_384)
def _kind(label: str) -> str:
    return label.partition(":")[0]


_USER_INPUT = frozenset({"variable", "secret-variable", "parameter", "from"})


@lru_cache(maxsize=8_192)
def labels_after_comparison(taint: Taint) -> Taint:
    """The labels of the result of comparing a value with these. True or False gives away next to nothing of the content, but
    still depends on what the user asked for."""
    return frozenset(label for label in taint if _kind(label) in _USER_INPUT)


def kinds_of(taint: Taint) -> list[str]:
    """The kinds of the labels, the most sensitive first (`knowledge.RANK`)."""
    return sorted(kinds_in(taint), key=lambda kind: know.RANK.get(kind, 99))


# What text that is executed may have come from, beside the network.
ORIGINS = frozenset({"package-file", "parameter", "variable", "encoded"})


def first_kind(taint: Taint, kinds: frozenset[str]) -> str:
    """The most sensitive kind of the labels that is one of these; "" where none is."""
    return next((kind for kind in kinds_of(taint) if kind in kinds), "")


def has(taint: Taint, *kinds: str) -> bool:
    """Whether any label is of one of these kinds."""
    return bool(taint) and not kinds_in(taint).isdisjoint(kinds)


def of_kind(taint: Taint, *kinds: str) -> list[str]:
    """The labels of these kinds, sorted."""
    return sorted(label for label in taint if _kind(label) in kinds) if has(taint, *kinds) else []
