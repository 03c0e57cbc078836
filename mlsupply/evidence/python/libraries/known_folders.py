"""Folders that libraries tell: the home folder, the profile of IPython, where matplotlib and Jupyter look for settings, and
the folders of the settings and data of a user (XDG base directories)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.value import CLEAN, MAX_TEXT, NOTHING, Value, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

_PROFILE = "~/.ipython/profile_default"
# The end of a dotted name -> the folder it gives.
_FIXED = {
    ".get_ipython_dir": "~/.ipython",
    ".locate_profile": _PROFILE,
    "matplotlib.get_configdir": "~/.config/matplotlib",
    ".jupyter_config_dir": "~/.jupyter",
    ".jupyter_data_dir": "~/.local/share/jupyter",
}
_ENDS = tuple(_FIXED)
_OF_USER = re.compile(r"(?:platformdirs|appdirs)\.user_(config|data|cache|state)_(dir|path)$")
_OF_XDG = re.compile(r"xdg\.BaseDirectory\.(?:save|load_first)_(config|data|cache|state)_path$")
_XDG = {"config": "~/.config", "data": "~/.local/share", "cache": "~/.cache", "state": "~/.local/state"}
# Attributes of a profile of IPython.
IN_PROFILE = {"startup_dir": f"{_PROFILE}/startup", "profile_dir": _PROFILE}


def told(call: Call) -> Value | None:
    """The path of the folder that the call gives, with `~` for the home folder; None for any other call."""
    if call.ref in {"pathlib.Path.home", "pathlib.Path().home"}:
        return Value("pathlib.Path()", NOTHING, CLEAN, "~")
    if call.ref.endswith(_ENDS):
        return Value("", NOTHING, CLEAN, next(path for end, path in _FIXED.items() if call.ref.endswith(end)))
    found = _OF_USER.match(call.ref) or _OF_XDG.match(call.ref)
    if found is None:
        return None
    below = [text_of(arg) for arg in call.args[: 1 if found.re is _OF_USER else None]]
    path = "/".join((_XDG[found[1]], *below))[:MAX_TEXT]
    return Value("pathlib.Path()" if found[0].endswith("user_" + found[1] + "_path") else "", NOTHING, CLEAN, path)
