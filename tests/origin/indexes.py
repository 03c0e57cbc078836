"""Stories of where a release may come from: indexes, addresses, locks and pins."""

from __future__ import annotations

from mlsupply.world import PUBLIC_FILES, PUBLIC_INDEX
from tests.origin.stage import Stage, ago, story

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@story("an extra index beside the public one that serves any name", "MLS-I001", "MLS-I010")
def _(stage: Stage) -> None:
    stage.published()
    stage.write("requirements.txt", "--extra-index-url https://wheels.example/nightly\ndemo==2.0\n")


@story("the same with hashes for every requirement")
def _(stage: Stage) -> None:
    stage.pinned(above="--extra-index-url https://wheels.example/nightly\n")


@story("a package of an extra index whose name the public one has too", "MLS-I002", "MLS-R007")
def _(stage: Stage) -> None:
    stage.write("pyproject.toml", _WITH_EXTRA_INDEX.format(url="https://wheels.example/simple", explicit="false"))
    stage.write("uv.lock", _TAKEN_FROM.format(url="https://wheels.example/simple"))


@story("the same, pinned to an explicit index", "MLS-R007")
def _(stage: Stage) -> None:
    stage.write("pyproject.toml", _WITH_EXTRA_INDEX.format(url="https://wheels.example/simple", explicit="true") + _PINNED)
    stage.write("uv.lock", _TAKEN_FROM.format(url="https://wheels.example/simple"))


_WITH_EXTRA_INDEX = """\
[project]
name = "app"
version = "0"
dependencies = ["triton"]

[[tool.uv.index]]
name = "wheels"
url = "{url}"
explicit = {explicit}
"""
_PINNED = '\n[tool.uv.sources]\ntriton = { index = "wheels" }\n'
_TAKEN_FROM = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0"
source = {{ virtual = "." }}
dependencies = [{{ name = "triton" }}]

[[package]]
name = "triton"
version = "3.0.0"
source = {{ registry = "{url}" }}
"""


@story("a repository of a stranger under a public name", "MLS-I003")
def _(stage: Stage) -> None:
    stage.history(name="requests")
    stage.index.project("requests").info = {"project_urls": {"Source": "https://github.com/psf/requests"}}
    stage.write("requirements.txt", f"requests @ git+https://github.com/stranger/requests@{COMMIT}\n")


@story("the project's own repository at a commit")
def _(stage: Stage) -> None:
    stage.history(name="requests")
    stage.index.project("requests").info = {"project_urls": {"Source": "https://github.com/psf/requests"}}
    stage.write("requirements.txt", f"requests @ git+https://github.com/psf/requests@{COMMIT}\n")


@story("a private repository at a branch", "MLS-I004")
def _(stage: Stage) -> None:
    stage.write("requirements.txt", "inner-tool @ git+https://git.example/team/inner-tool@main\n")


@story("an index over plain http", "MLS-I005")
def _(stage: Stage) -> None:
    stage.pinned(above="--index-url http://index.example/simple\n")


@story("an archive over plain http", "MLS-I006")
def _(stage: Stage) -> None:
    stage.write("requirements.txt", "inner-tool @ http://files.example/inner_tool-1.0-py3-none-any.whl\n")


@story("an index whose certificate nobody checks", "MLS-I007")
def _(stage: Stage) -> None:
    stage.pinned(above="--index-url https://index.example/simple\n--trusted-host index.example\n")


@story("a password in the address of an index", "MLS-I008")
def _(stage: Stage) -> None:
    stage.pinned(above="--index-url https://build:hunter2@index.example/simple\n")


@story("open versions in a Dockerfile", "MLS-I009")
def _(stage: Stage) -> None:
    stage.write("Dockerfile", "FROM python:3.12\nRUN pip install demo\n")


@story("a gateway by a wildcard in a file that installs", "MLS-I009", "MLS-I011")
def _(stage: Stage) -> None:
    stage.write("requirements.txt", "litellm==1.*\n")


@story("an address behind four hundred blanks", "MLS-I012", "MLS-I003")
def _(stage: Stage) -> None:
    stage.history(name="requests")
    stage.write("requirements.txt", f"requests{' ' * 434}@ git+https://git.example/stranger/requests@{COMMIT}\n")


@story("a lock that takes one file from another host", "MLS-I013")
def _(stage: Stage) -> None:
    files = f"{PUBLIC_FILES}/packages"
    lines = ['version = 1\nrequires-python = ">=3.11"\n']
    for name, host in (("one", files), ("two", files), ("three", "https://cdn.evil.example")):
        (file,) = stage.index.add(name, "1.0", uploaded=ago(900))
        wheel = f'{{ url = "{host}/{file.filename}", hash = "sha256:{file.sha256}", size = 1 }}'
        source = f'{{ registry = "{PUBLIC_INDEX}" }}'
        lines.append(f'[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {source}\nwheels = [{wheel}]\n')
    stage.write("uv.lock", "\n".join(lines))


@story("a lock that takes a file of another project", "MLS-I016", "MLS-R015")
def _(stage: Stage) -> None:
    (file,) = stage.index.add("helper", "0.1", uploaded=ago(900))
    stage.index.add("one", "1.0", uploaded=ago(900))
    wheel = f'{{ url = "{PUBLIC_FILES}/packages/{file.filename}", hash = "sha256:{file.sha256}", size = 1 }}'
    entry = f'name = "one"\nversion = "1.0"\nsource = {{ registry = "{PUBLIC_INDEX}" }}\nwheels = [{wheel}]\n'
    stage.write("uv.lock", f'version = 1\nrequires-python = ">=3.11"\n[[package]]\n{entry}')


@story("a private name that the public index may serve", "MLS-I014")
def _(stage: Stage) -> None:
    stage.history(name="inner-tool")
    stage.release(name="inner-tool")
    stage.pin(name="inner-tool")
    stage.configure('[index]\nprivate = {"inner-*" = "https://corp.example/simple"}\n')


@story("an index that is not among those allowed", "MLS-I015")
def _(stage: Stage) -> None:
    stage.pinned()
    stage.configure('[index]\nallowed = ["https://corp.example/simple"]\n')
