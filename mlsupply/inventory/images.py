"""Images of containers that are a release of a Python package, by the reference that names them. Pure.

Only images whose publisher says that the tag is the release, each with the page that says so. Everything else such an image
holds stays unknown, and is a gap; other images say nothing of what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlsupply.inventory.parsing import gap, quoted
from mlsupply.inventory.shell import Word
from mlsupply.model import Coordinate, Gap, Package, Place, Reason, Source
from mlsupply.text import safe

_STARTERS = frozenset({"docker", "podman", "nerdctl", "apptainer", "singularity", "skopeo", "crane", "enroot", "finch"})
# the last two parts of the name -> the project on PyPI; a mirror puts its own host before them
_HOLDS = {
    # https://docs.litellm.ai/docs/proxy/deploy
    "berriai/litellm": "litellm",
    "berriai/litellm-database": "litellm",
    "berriai/litellm-non_root": "litellm",
    "berriai/litellm-ee": "litellm",
    "litellm/litellm": "litellm",
    "litellm/litellm-database": "litellm",
    "litellm/litellm-non_root": "litellm",
    # https://docs.vllm.ai/en/stable/deployment/docker.html
    "vllm/vllm-openai": "vllm",
    # https://docs.sglang.ai/get_started/install.html
    "lmsysorg/sglang": "sglang",
    # https://mlflow.org/docs/latest/ml/docker/
    "mlflow/mlflow": "mlflow",
    # https://airflow.apache.org/docs/docker-stack/
    "apache/airflow": "apache-airflow",
    # https://docs.ray.io/en/latest/ray-overview/installation.html
    "rayproject/ray": "ray",
    "rayproject/ray-ml": "ray",
    # https://hub.docker.com/r/pytorch/pytorch
    "pytorch/pytorch": "torch",
    # https://www.tensorflow.org/install/docker
    "tensorflow/tensorflow": "tensorflow",
    # https://docs.langflow.org/deployment-docker
    "langflowai/langflow": "langflow",
    # https://docs.openwebui.com/getting-started/quick-start/
    "open-webui/open-webui": "open-webui",
    # https://docs.prefect.io/v3/how-to-guides/self-hosted/docker
    "prefecthq/prefect": "prefect",
    # https://jupyterhub.readthedocs.io/en/stable/tutorial/quickstart-docker.html
    "jupyterhub/jupyterhub": "jupyterhub",
}
_LONGEST = 500
_VERSION = re.compile(r"(?:^|[-_v])([0-9]{1,6}(?:\.[0-9]{1,6}){1,4}(?:[.-]?(?:rc|post|dev|a|b)[.-]?[0-9]{1,6})?)(?![0-9])")


def may_name(text: str) -> bool:
    """False where no image is named in the text that is a release."""
    return any(name in text for name in _HOLDS)


def held_by(path: str, reference: Word) -> Iterator[Package | Gap]:
    """The release that an image is, with a gap for the rest of it; nothing where the image is no such one. path: of the file
    that names it; reference: `[HOST/]NAME[:TAG][@DIGEST]`."""
    reference = reference._replace(text=reference.text.removeprefix("docker://"))
    name, _, tag = reference.text[:_LONGEST].partition("@")[0].rpartition(":")
    if not name or "/" in tag:
        name, tag = reference.text[:_LONGEST].partition("@")[0], ""
    project = _HOLDS.get("/".join(name.lower().split("/")[-2:]))
    if project is None:
        return
    shown = quoted(reference.text, 120)
    version = "" if reference.open else _version(tag)
    if not version:
        detail = f"which release of {project} an image holds is known only where it is pulled"
        hint = "name the image by the tag of a release"
        yield gap(path, Reason.UNPINNED, detail, reference.line, hint, shown)
        return
    place = Place(path, reference.line)
    yield Package(coordinate=Coordinate("pypi", project, version), source=Source(), places=(place,), direct=True)
    detail = f"an image that holds {project} was not looked into, and what else is in it is unknown"
    yield gap(path, Reason.UNSUPPORTED, detail, reference.line, "scan its environment (--env), or an SBOM of it", shown)
    if reference.varies:
        detail = "another image may be named by a variable where this is built; looked at with the one written here"
        yield gap(path, Reason.UNSUPPORTED, detail, reference.line, "name the image without a variable", shown)


def of_command(path: str, words: Sequence[Word]) -> Iterator[Package | Gap]:
    """The releases that images are which a command fetches or starts (`docker run IMAGE`)."""
    if any(word.text.rpartition("/")[2] in _STARTERS for word in words[:4]):
        for word in words:
            yield from held_by(path, word)


def _version(tag: str) -> str:
    """The release a tag names: v1.82.8, main-v1.82.8-stable, 2.10.0-python3.12; "" where it names none."""
    from packaging.version import InvalidVersion, Version

    found = _VERSION.search(tag)
    try:
        return safe(str(Version(found[1].replace("-", "."))), 100) if found else ""
    except InvalidVersion:
        return ""
