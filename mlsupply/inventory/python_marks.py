"""Whether a Python file may tell anything to install packages: asked of every file of a project, so it is told from bytes
alone, by words without which `python_installs` finds nothing. Pure."""

from __future__ import annotations

_LISTS = (b"requirements=[", b"requirements=(", b"packages=[", b"packages=(", b"pip_dependencies=[")
CALLS = (
    *(b"pip_install", b"python_packages", b"add_pip_package", b"packages_to_install", b"pip_requirements", b"pip_packages"),
    *(
        b"PythonVirtualenvOperator",
        b".virtualenv(",
        b"DockerSettings",
        b"ImageSpec",
        b"pypi(",
        b"pypi_base(",
        b"runtime_env",
    ),
    *(
        b"micropip",
        b"piplite",
        b"micromamba_install",
        b"RuntimeEnv",
        b"run_commands",
        b"dockerfile_commands",
        b"add_python_packages",
        b"python_requirement",
    ),
)
_STARTS = (b"subprocess", b"os.system", b"popen", b"Popen", b"run_line_magic", b"pip.main", b"pip_main", b".system(")
_INSTALLERS = (b"pip", b"uvx", b"conda", b"uv ", b'"uv"', b"'uv'")
DATABRICKS = "# Databricks notebook source"
MAGIC = "# MAGIC "


def may_install(code: bytes) -> bool:
    """See the module."""
    if may_call(code) or may_be_notebook(code):
        return True
    if b"install" not in code and b"uvx" not in code:
        return False
    return any(word in code for word in _STARTS) and any(word in code for word in _INSTALLERS)


def may_call(code: bytes) -> bool:
    """Whether it may call what takes a list of packages."""
    return any(mark in code for mark in CALLS) or (b"==" in code and any(mark in code for mark in _LISTS))


def may_be_notebook(code: bytes) -> bool:
    """Whether it may be a notebook that is kept as Python and has cells with commands: Databricks', or jupytext's; or one
    that is no Python at all, as some downloads are (`!pip install …` in a line of its own)."""
    if b"\n!pip" in code or b"\n%pip" in code or code.startswith((b"!pip", b"%pip")):
        return True
    if MAGIC.encode() in code:
        return code.lstrip(b"\xef\xbb\xbf").startswith(DATABRICKS.encode())
    return (b"# %%" in code or b"jupytext" in code) and (b"# %" in code or b"# !" in code or b"#!" in code)
