"""Questions about taint: the labels, `kind:detail`, of where the content of a value comes from.

The same sets of labels come up again and again, so answers are kept.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.values.value import Taint

# Set by what the program runs in, and not by a user who wants something.
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
    """Does a condition on a value with these labels look at what the user asks for: an argument, or a variable that is not
    set by what the program runs in?"""
    return "parameter:sys.argv" in taint or any(one.startswith("variable:") and not _AMBIENT.match(one) for one in taint)


@lru_cache(maxsize=8_192)
def kinds_in(taint: Taint) -> frozenset[str]:
    """The kinds of origin among the labels."""
    return frozenset(map(_kind, taint))


@lru_cache(maxsize=16_384)
def _kind(label: str) -> str:
    return label.partition(":")[0]


_SAID = frozenset({"variable", "secret-variable", "parameter", "from"})


@lru_cache(maxsize=8_192)
def said_of(taint: Taint) -> Taint:
    """The labels that remain when a value with these is compared: the answer tells little, but may tell what the user asked
    for."""
    return frozenset(one for one in taint if _kind(one) in _SAID)


def kinds_of(taint: Taint) -> list[str]:
    """The kinds of origin among the labels, the most sensitive first (`knowledge.RANK`)."""
    return sorted(kinds_in(taint), key=lambda kind: know.RANK.get(kind, 99))


def has(taint: Taint, *kinds: str) -> bool:
    """Does any of the labels have one of these kinds?"""
    return bool(taint) and not kinds_in(taint).isdisjoint(kinds)


def of_kind(taint: Taint, *kinds: str) -> list[str]:
    """The labels of these kinds, sorted."""
    return sorted(label for label in taint if _kind(label) in kinds) if has(taint, *kinds) else []
