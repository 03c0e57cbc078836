"""Where the configurations of tools keep what is installed for them: format -> path of keys -> how the value is read.

In a path `*` stands for any key and `**` for any number of tables; lists are gone into. The ways to read a value:

    lines    requirements, as a requirements file has them
    listed   the same, where a single text names such a file instead
    conda    specifications of conda, with pip's list among them
    table    names with their versions, as Poetry writes them
    overrides  the same, each in the place of whatever else asks for the name
    shell    commands
    server   a table of a command, its arguments and its variables
    image    instructions of a Dockerfile
    pip      further arguments of `pip install`
    --…      the value of this option of pip; also the format of a settings file that is named here

Sources: the documentation of each tool.
"""

from __future__ import annotations

from collections.abc import Mapping

Places = Mapping[str, str]

_SERVERS: Places = {
    **dict.fromkeys(("mcpServers.*", "servers.*", "mcp_servers.*", "context_servers.*", "mcp.servers.*", "mcp.*"), "server"),
}
_RAY = {
    **{f"{start}{key}": "listed" for start in ("", "**.runtime_env.") for key in ("pip", "uv")},
    **{f"{start}{key}.packages": "lines" for start in ("", "**.runtime_env.") for key in ("pip", "uv")},
    **{f"{start}conda.dependencies": "conda" for start in ("", "**.runtime_env.")},
    **{
        f"{when}_commands": "shell"
        for when in ("setup", "head_setup", "worker_setup", "initialization", "head_start_ray", "worker_start_ray")
    },
}
_BENTO: Places = {
    "python.packages": "lines",
    "python.requirements_txt": "--requirement",
    "python.index_url": "--index-url",
    "python.extra_index_url": "--extra-index-url",
    "python.find_links": "--find-links",
    "python.trusted_host": "--trusted-host",
    "python.pip_args": "pip",
    "conda.dependencies": "conda",
    "conda.pip": "lines",
    "conda.environment_yml": "--requirement",
}
_PIXI: Places = {
    f"{start}{key}": how
    for start in ("", "target.*.", "feature.*.", "feature.*.target.*.")
    for key, how in {
        "tasks.*": "shell",
        "tasks.*.cmd": "shell",
        "pypi-options.index-url": "--index-url",
        "pypi-options.extra-index-urls": "--extra-index-url",
        "pypi-options.find-links.url": "--find-links",
        "pypi-options.find-links.path": "--find-links",
        "pypi-options.dependency-overrides": "overrides",
    }.items()
}

PLACES: Mapping[str, Places] = {
    "Cog": {
        "build.python_packages": "lines",
        "build.python_requirements": "--requirement",
        "build.pre_install": "shell",
        "build.run": "shell",
        "build.run.command": "shell",
    },
    "BentoML": _BENTO,
    "Truss": {
        "requirements": "lines",
        "requirements_file": "--requirement",
        "build_commands": "shell",
        "docker_server.start_command": "shell",
    },
    "SkyPilot": {"setup": "shell", "run": "shell"},
    "dstack": {"init": "shell", "commands": "shell"},
    "Ray": _RAY,
    "Databricks": {
        "**.pypi.package": "lines",
        "**.pypi.repo": "--index-url",
        "**.libraries.requirements": "--requirement",
        "**.environments.spec.dependencies": "lines",
    },
    "MLproject": {
        "conda_env": "--requirement",
        "python_env": "--requirement",
        "entry_points.*.command": "shell",
    },
    "langgraph.json": {"dependencies": "lines", "pip_config_file": "pip settings", "dockerfile_lines": "image"},
    "MCP configuration": _SERVERS,
    "anaconda-project": {
        **{f"{start}{key}": "conda" for start in ("", "env_specs.*.") for key in ("packages", "dependencies")},
        "commands.*.unix": "shell",
    },
    "conda recipe": {
        f"{start}{key}{chosen}": "conda"
        for start in ("", "outputs.")
        for chosen in ("", ".then", ".else")
        for key in (
            *("requirements", "requirements.build", "requirements.host", "requirements.run", "requirements.run_constrained"),
            *("requirements.run_constraints", "test.requires", "tests.requirements.run"),
        )
    },
    "nixpacks.toml": {"phases.*.cmds": "shell", "start.cmd": "shell"},
    "Kubeflow": {f"**.container.{key}": "shell" for key in ("command", "args")},
    "ZenML": {f"{start}settings.docker.requirements": "listed" for start in ("", "steps.*.")},
    "Azure ML": {"**.conda_file": "--requirement", "**.conda_file.dependencies": "conda"},
    "Cerebrium": {
        "cerebrium.dependencies.pip": "table",
        "cerebrium.dependencies.paths.pip": "--requirement",
        "cerebrium.deployment.shell_commands": "shell",
    },
    "PyScript": {"packages": "lines"},
    "Claude settings": {"hooks.*.hooks.command": "shell", "hooks.*.command": "shell", "mcpServers.*": "server"},
    "DVC": {"stages.*.cmd": "shell", "stages.*.do.cmd": "shell"},
    ".condarc": {"create_default_packages": "conda", "pinned_packages": "conda"},
}

_PYPROJECT: Places = {
    **{f"tool.bentoml.build.{keys}": how for keys, how in _BENTO.items()},
    **{f"tool.pixi.{keys}": how for keys, how in _PIXI.items()},
    **{
        f"tool.cibuildwheel.{system}{key}": "shell"
        for system in ("", "linux.", "macos.", "windows.", "overrides.")
        for key in ("before-all", "before-build", "before-test", "test-command", "repair-wheel-command")
    },
    **{f"tool.cibuildwheel.{system}test-requires": "lines" for system in ("", "linux.", "macos.", "windows.", "overrides.")},
    **{
        f"tool.briefcase.{start}{key}": "lines"
        for start in ("", "app.*.", "app.*.*.", "app.*.*.*.")
        for key in ("requires", "test_requires")
    },
    **{f"tool.poe.tasks.*{end}": "shell" for end in ("", ".cmd", ".shell", ".sequence", ".sequence.cmd", ".sequence.shell")},
    **{f"tool.pdm.scripts.*{end}": "shell" for end in ("", ".cmd", ".shell")},
    **{f"tool.rye.scripts.*{end}": "shell" for end in ("", ".cmd")},
    **{f"tool.taskipy.tasks.*{end}": "shell" for end in ("", ".cmd")},
    **{f"tool.hatch.envs.*.{key}": "shell" for key in ("scripts.*", "pre-install-commands", "post-install-commands")},
    "tool.conda-lock.pip-dependencies": "table",
}

OTHERS: Mapping[str, Places] = {"pyproject.toml": _PYPROJECT, "pixi.toml": _PIXI, "Pipfile": {"scripts.*": "shell"}}
"""Manifest -> places in it where something is run or installed that is none of its own dependencies."""

SIGNS: Mapping[str, tuple[str, ...]] = {
    "Cog": ("build",),
    "Truss": ("requirements", "build_commands", "start_command"),
    "Ray": ("pip", "uv", "conda", "_commands"),
    "Databricks": ("pypi", "libraries", "environments"),
    "MCP configuration": ("command",),
    "conda recipe": ("requirements", "requires"),
}
"""Words one of which a file holds that is of the format and asks for something; the names of some are those of other
programs' files too."""
