"""Inputs to inventories: one reader a format, found by file name without importing it.

A reader is a module with `read(path, tree, limits) -> Inventory`. It never raises for bad input: what it cannot read is
a `Gap` with its place in the inventory it returns, and the rest of the file is still read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

from mlsupply.model import Inventory
from mlsupply.named import NamedTuple
from mlsupply.request import Request
from mlsupply.world import Limits, Tree, World

Read = Callable[[str, Tree, Limits], Inventory]


class Reader(NamedTuple):
    """format: its name in reports; module: imported when a file of it is read; role: `lock` (a whole closure),
    `manifest` (what is asked for), `sbom` or `archive`; patterns: file names (lower case, fnmatch) it claims, or the
    folder's name and the file's where there is a slash in it."""

    format: str
    module: str
    role: str
    patterns: tuple[str, ...]

    def claims(self, path: str) -> bool:
        """Whether the file's name is one the reader knows."""
        return any(_matches(path.lower(), pattern) for pattern in self.patterns)

    def read(self, path: str, tree: Tree, limits: Limits) -> Inventory:
        """Import the reader and let it read."""
        read: Read = import_module(self.module).read
        return read(path, tree, limits)


def _matches(lower: str, pattern: str) -> bool:
    """Whether the last parts of a path (as many as the pattern has) match it; `*` stands for any text without a slash.
    Plain string methods: compiling sixty patterns would cost more than reading a lock."""
    wanted = pattern.split("/")
    parts = lower.split("/")[-len(wanted) :]
    return len(parts) == len(wanted) and all(map(_part, parts, wanted))


def _part(name: str, pattern: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    last = rest[-1]
    if not (name.startswith(first) and name.endswith(last) and len(name) >= len(first) + len(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for middle in rest[:-1]:
        place = name.find(middle, place, end) + len(middle)
        if place < len(middle):
            return False
    return True


_REQUIREMENTS = (
    *(f"{stem}.{ending}" for stem in ("*requirement*", "*constraint*") for ending in ("txt", "in", "lock", "pip")),
    *(f"{stem}.{ending}" for stem in ("req", "reqs", "*-req", "*-reqs", "*_req", "*_reqs") for ending in ("txt", "in")),
    *(f"*requirements/*.{ending}" for ending in ("txt", "in")),
)
_ENVIRONMENTS = tuple(
    f"{stem}.{ending}"
    for stem in (
        *("environment*", "*environment", "conda", "conda-env*", "conda_env*"),
        *("env", "env-*", "env_*", "*-env", "*_env", "envs/*", "conda/*", "*.conda"),
    )
    for ending in ("yml", "yaml")
)
_EXPLICIT = ("conda-*.lock", "explicit.txt", "*-explicit.txt")
_IMAGES = tuple(
    form for name in ("dockerfile", "containerfile") for form in (name, f"*.{name}", f"{name}.*", f"{name}-*", f"{name}_*")
)

_PIP_SETTINGS = ("pip.conf", "pip.conf.*", "pip.ini", "pip.ini.*", ".pydistutils.cfg", "pydistutils.cfg")
SCRIPT_FORMATS = {
    "shell script": (
        *("*.sh", "*.bash", "*.zsh", "*.ksh", "*.fish", "*.csh", "*.tcsh", "*.command", "postbuild", ".husky/*"),
        *("*.slurm", "*.sbatch", "*.pbs", "*.lsf", "*.sh.in", "*.sh.j2", "*.sh.jinja", "*.sh.tmpl", "*.sh.tpl", "*.tftpl"),
        *(".bashrc", ".bash_profile", ".bash_aliases", ".profile", ".zshrc", ".zprofile"),
    ),
    "PowerShell script": ("*.ps1", "*.psm1"),
    "batch file": ("*.bat", "*.cmd"),
    "Makefile": ("makefile", "gnumakefile", "makefile.*", "*.mk", "*.mak"),
    "justfile": ("justfile", ".justfile", "*.just"),
    "Procfile": ("procfile", "procfile.*"),
    "Vagrantfile": ("vagrantfile", "vagrantfile.*"),
    "Apptainer definition": ("*.def", "singularity", "singularity.*"),
    "Jenkinsfile": ("jenkinsfile", "jenkinsfile.*", "jenkinsfile-*", "*.jenkinsfile", "*.groovy"),
    "Terraform": ("*.tf", "*.hcl"),
    "Nix": ("*.nix",),
    "CMake": ("cmakelists.txt", "*.cmake"),
}

_YAML = ("yml", "yaml")
_TOOLS = {
    "Cog": ("cog.yaml", "cog.yml"),
    "BentoML": ("bentofile.yaml", "bentofile.yml"),
    "Truss": (),  # as some of the others, by what is in it: `sniff.yaml_format`
    "SkyPilot": tuple(f"{stem}.{ending}" for stem in ("sky", "*.sky", "skypilot") for ending in _YAML),
    "dstack": tuple(f"*.dstack.{ending}" for ending in _YAML),
    "Ray": tuple(f"*runtime{dash}env*.{ending}" for dash in "_-" for ending in (*_YAML, "json")),
    "Databricks": tuple(f"databricks.{ending}" for ending in _YAML),
    "MLproject": ("mlproject",),
    "langgraph.json": ("langgraph.json", "langgraph.*.json"),
    "MCP configuration": (
        *("*mcp*.json", "claude_desktop_config.json", ".gemini/settings.json", ".codex/config.toml", "opencode.json"),
        *(
            "plugin.json",
            "gemini-extension.json",
            ".kiro/*.json",
            ".vscode/settings.json",
            ".zed/settings.json",
            "*.mcp.toml",
        ),
    ),
    "anaconda-project": tuple(f"anaconda-project.{ending}" for ending in _YAML),
    "nixpacks.toml": ("nixpacks.toml",),
    "DVC": ("dvc.yaml",),
    "Kubeflow": (),
    "ZenML": (),
    "Azure ML": (),
    "Cerebrium": ("cerebrium.toml",),
    "PyScript": ("pyscript.toml", "pyscript.json"),
    "Claude settings": (".claude/settings.json", ".claude/settings.local.json"),
    "conda recipe": ("meta.yaml", "meta.yml", "recipe.yaml", "recipe.yml"),
    ".condarc": (".condarc", "condarc", ".mambarc"),
}
_PIPELINES = tuple(
    f"{name}.{ending}"
    for name in (
        *("*.gitlab-ci", ".gitlab-ci*", "gitlab-ci*", ".gitlab/*", ".gitlab/*/*", ".gitlab/*/*/*", ".gitlab-ci/*"),
        *("*azure-pipelines*", ".azure-pipelines/*", ".azure-pipelines/*/*", "azure-pipelines/*", "azure-pipelines/*/*"),
        *(".azuredevops/*", ".azuredevops/*/*", ".pipelines/*", ".pipelines/*/*", ".vsts-ci", "bitbucket-pipelines*"),
        *(".circleci/*", ".circleci/*/*", ".woodpecker", ".woodpecker/*", ".drone", ".drone/*", ".travis", ".cirrus*"),
        *("appveyor", ".appveyor", ".appveyor/*", "buildkite", ".buildkite/*", ".buildkite/*/*", ".semaphore/*"),
        *("buildspec*", "*buildspec", "cloudbuild*", "*cloudbuild", ".readthedocs", "readthedocs", "taskfile*"),
        *("*.taskfile", ".build", ".builds/*", ".packit", ".gitpod", "codemagic", "bitrise", "zuul", ".zuul", "wercker"),
        *("concourse/*", "*concourse*", "codeship-steps", ".scrutinizer", "shippable"),
    )
    for ending in ("yml", "yaml")
)
_DEPLOYMENTS = (
    *(
        f"{name}.{ending}"
        for name in (
            *("values*", "*-values", "*cloud-init*", "cloud-config*", "user-data*", "*playbook*"),
            *("render", "heroku", "amplify", "apprunner", ".platform.app", ".do/app", "app"),
        )
        for ending in ("yml", "yaml")
    ),
    *(
        "app.json",
        "vercel.json",
        "now.json",
        "package.json",
        "cloudbuild*.json",
        ".ebextensions/*.config",
        "user-data",
        "cloud-init",
    ),
)
_COMPOSE = tuple(
    f"{name}.{ending}" for name in ("compose*", "*-compose*", "*_compose*", "*.compose") for ending in ("yml", "yaml")
)

LISTED = "list of requirements"
"""The format of files whose names other lists have too, so that what is in them decides."""
_REPORTS = (
    *("report.json", "inspect.json"),
    *(f"*pip{dash}{kind}*.json" for dash in ("-", "_", "") for kind in ("report", "inspect", "list", "freeze")),
)
_PEX_LOCKS = (
    *("*pex*.lock", "*pex*.lock.json", "lock.json", "default.lock", "python-default.lock"),
    *("python/*.lock", "lockfiles/*.lock"),
)
_LISTS = tuple(
    f"{stem}.txt" for stem in ("*deps*", "*dependencies*", "*packages*", "pip*", "*-pip", "*freeze*", "*pins*", "python*")
)

READERS: tuple[Reader, ...] = (
    Reader("spdx", "mlsupply.inventory.spdx", "sbom", ("*spdx*.json",)),
    Reader(
        "cyclonedx", "mlsupply.inventory.cyclonedx", "sbom", ("*.cdx.json", "*bom.json", "*cyclonedx*.json", "*sbom*.json")
    ),
    Reader("cyclonedx-xml", "mlsupply.inventory.cyclonedx_xml", "sbom", ("*.cdx.xml", "*bom.xml", "*.cyclonedx.xml")),
    Reader("sbom", "mlsupply.inventory.sbom", "sbom", ("*.spdx", "*.spdx.rdf", "*.spdx.yaml")),
    Reader("uv.lock", "mlsupply.inventory.uv_lock", "lock", ("uv.lock", "*.py.lock")),
    Reader("pylock.toml", "mlsupply.inventory.pylock", "lock", ("pylock.toml", "pylock.*.toml")),
    Reader("poetry.lock", "mlsupply.inventory.poetry_lock", "lock", ("poetry.lock",)),
    Reader("pdm.lock", "mlsupply.inventory.pdm_lock", "lock", ("pdm.lock",)),
    Reader("Pipfile.lock", "mlsupply.inventory.pipfile_lock", "lock", ("pipfile.lock",)),
    Reader("conda-lock", "mlsupply.inventory.conda_lock", "lock", ("*conda-lock.yml", "*conda-lock.yaml")),
    Reader("conda explicit", "mlsupply.inventory.conda_explicit", "lock", _EXPLICIT),
    Reader("pixi.lock", "mlsupply.inventory.pixi_lock", "lock", ("pixi.lock",)),
    Reader("pixi.toml", "mlsupply.inventory.pixi_toml", "manifest", ("pixi.toml",)),
    *(Reader(form, "mlsupply.inventory.tool_files", "manifest", patterns) for form, patterns in _TOOLS.items()),
    Reader("environment.yml", "mlsupply.inventory.environment_yml", "manifest", _ENVIRONMENTS),
    Reader("Pipfile", "mlsupply.inventory.pipfile", "manifest", ("pipfile",)),
    Reader("pyproject.toml", "mlsupply.inventory.pyproject", "manifest", ("pyproject.toml",)),
    Reader("pip settings", "mlsupply.inventory.pip_settings", "manifest", _PIP_SETTINGS),
    Reader("uv.toml", "mlsupply.inventory.settings_toml", "manifest", ("uv.toml", "pdm.toml")),
    Reader(".env", "mlsupply.inventory.env_file", "manifest", (".env", ".env.*", "*.env", ".envrc")),
    Reader("hatch.toml", "mlsupply.inventory.hatch", "manifest", ("hatch.toml",)),
    Reader("requirements", "mlsupply.inventory.requirements", "manifest", _REQUIREMENTS),
    Reader("setup.cfg", "mlsupply.inventory.setup_cfg", "manifest", ("setup.cfg",)),
    Reader("setup.py", "mlsupply.inventory.setup_py", "manifest", ("setup.py",)),
    Reader("script", "mlsupply.inventory.script", "manifest", ()),
    Reader("Python code", "mlsupply.inventory.python_installs", "manifest", ("build", "build.pants")),
    Reader("PKG-INFO", "mlsupply.inventory.built_metadata", "manifest", ("pkg-info",)),
    Reader("buildout.cfg", "mlsupply.inventory.buildout", "manifest", ("buildout.cfg", "*-buildout.cfg", "versions.cfg")),
    Reader("pip report", "mlsupply.inventory.pip_report", "lock", _REPORTS),
    Reader("pex lock", "mlsupply.inventory.pex_lock", "lock", _PEX_LOCKS),
    Reader(
        "Dockerfile",
        "mlsupply.inventory.dockerfile",
        "manifest",
        _IMAGES,
    ),
    Reader(
        "GitHub workflow",
        "mlsupply.inventory.workflow",
        "manifest",
        (
            *(f".{host}/workflows/*.{ending}" for host in ("github", "gitea", "forgejo") for ending in ("yml", "yaml")),
            *("action.yml", "action.yaml"),
        ),
    ),
    Reader("CI pipeline", "mlsupply.inventory.pipeline", "manifest", _PIPELINES),
    Reader("Compose file", "mlsupply.inventory.compose", "manifest", _COMPOSE),
    Reader("dev container", "mlsupply.inventory.devcontainer", "manifest", ("*devcontainer.json",)),
    Reader("pre-commit", "mlsupply.inventory.pre_commit", "manifest", ("*pre-commit-config.yaml", "*pre-commit-config.yml")),
    Reader("deployment", "mlsupply.inventory.deployment", "manifest", _DEPLOYMENTS),
    Reader(LISTED, "mlsupply.inventory.loose_requirements", "manifest", _LISTS),
    Reader("text notebook", "mlsupply.inventory.text_notebook", "manifest", ("*.rmd", "*.qmd", "*.r")),
    Reader("notebook", "mlsupply.inventory.notebook", "manifest", ("*.ipynb",)),
    Reader("Earthfile", "mlsupply.inventory.dockerfile", "manifest", ("earthfile",)),
    Reader("tox", "mlsupply.inventory.tox", "manifest", ("tox.ini", "tox.toml", "tox-*.ini", "*.tox.ini")),
    Reader("noxfile", "mlsupply.inventory.nox", "manifest", ("noxfile.py",)),
    *(Reader(form, "mlsupply.inventory.script_files", "manifest", patterns) for form, patterns in SCRIPT_FORMATS.items()),
    Reader("archive", "mlsupply.inventory.archive", "archive", ("*.whl", "*.tar.gz")),
)


def reader_of(path: str) -> Reader | None:
    """The first reader that claims the file name, in the order of `READERS`."""
    lower = path.lower()
    ending = lower[lower.rfind("/") + 1 :].rpartition(".")[2]
    by_ending = _by_ending()
    candidates = by_ending.get(ending) or by_ending[""]
    return next((reader for word, pattern, reader in candidates if word in lower and _matches(lower, pattern)), None)


def known_by_name(path: str) -> bool:
    """Whether the name alone says that the file is an input: one that something names as requirements is read as these where
    it does not."""
    reader = reader_of(path)
    return reader is not None and reader.format != LISTED


def reader_named(name: str) -> Reader | None:
    """The reader of a format."""
    return next((reader for reader in READERS if reader.format == name), None)


@cache
def _by_ending() -> dict[str, list[tuple[str, str, Reader]]]:
    """Ending -> the patterns that names with it may match, and under "" those that any other name may, each with its reader
    and a word that occurs in all that it matches: most names of a large folder match none, and are told so by these."""
    patterns = [(pattern, reader) for reader in READERS for pattern in reader.patterns]
    endings = {pattern: _ending(pattern) for pattern, _ in patterns}
    return {
        ending: [
            (max(pattern.split("*"), key=len), pattern, reader)
            for pattern, reader in patterns
            if endings[pattern] in {ending, ""}
        ]
        for ending in {"", *endings.values()}
    }


def _ending(pattern: str) -> str:
    """The ending of all names that match, "" where they have several."""
    dotted, _, ending = pattern.rpartition("/")[2].rpartition(".")
    return ending if (dotted or pattern.startswith(".")) and "*" not in ending else ""


def gather(request: Request, world: World) -> tuple[Inventory, ...]:
    """Everything the request names, read and (where allowed) resolved; one inventory an input, in a stable order. Raises
    `MlsupplyError` for a target that cannot be, even where nothing is resolved for it."""
    from mlsupply.inventory.discover import inventories

    wanted = request.targets
    if wanted.python or wanted.platforms or wanted.exclude_newer:
        from mlsupply.inventory.target import validate

        validate(wanted)
    return inventories(request, world)


def starting_where_asked(request: Request, world: World) -> World:
    """The world with its files walked from the paths the request names, so that every check sees these and no others."""
    from mlsupply.inventory.discover import paths_of
    from mlsupply.value import replace

    also = (request.environment,) if request.environment else ()
    return replace(world, tree=world.tree.starting(paths_of(request, world.tree), also))
