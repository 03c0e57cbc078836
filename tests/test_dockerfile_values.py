"""What Dockerfiles and Earthfiles set, hold and build on: variables, files that stand in them, images that are a release."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from mlsupply.audit import run
from mlsupply.request import Request
from mlsupply.world import World
from tests.reading import asked, read_as


def test_variables_of_a_dockerfile_hold_what_it_sets_them_to(tmp_path: Path) -> None:
    text = dedent(
        """\
        ARG BASE=main-v1.82.8-stable
        FROM ghcr.io/berriai/litellm:${BASE}
        ENV SIX=1.16.0 TOML 0.10.2
        ENV IDNA 3.7
        ARG GIVEN
        RUN pip install six==$SIX "idna==${IDNA}" attrs==$GIVEN '$SIX'
        ENTRYPOINT ["sh", "-c", "pip install rich==$SIX"]
        """
    )
    inventory = read_as(tmp_path, "Dockerfile", text)
    assert asked(inventory) == [("six", "==1.16.0", 6), ("idna", "==3.7", 6), ("rich", "==1.16.0", 7)]
    assert [(str(package.coordinate), str(package.places[0])) for package in inventory.packages] == [
        ("litellm 1.82.8", "Dockerfile:2")
    ]
    assert [gap.place and gap.place.line for gap in inventory.gaps] == [2, 2, 6, 6]


@pytest.mark.parametrize(
    ("reference", "release", "gaps"),
    [
        ("ghcr.io/berriai/litellm:v1.82.8", "litellm 1.82.8", 1),
        ("docker.litellm.ai/berriai/litellm-database:main-v1.82.8-stable", "litellm 1.82.8", 1),
        ("litellm/litellm:v1.82.8.rc.1@sha256:aa", "litellm 1.82.8rc1", 1),
        ("mirror.example:5000/cache/pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", "torch 2.4.0", 1),
        ("apache/airflow:slim-2.10.0-python3.12", "apache-airflow 2.10.0", 1),
        ("vllm/vllm-openai:latest", "", 1),
        ("vllm/vllm-openai", "", 1),
        ("rayproject/ray:nightly-py310-cu124", "", 1),
        ("python:3.12", "", 0),
        ("litellm:1.82.8", "", 0),  # an image of one's own, or another stage
        ("berriai/litellm/other:1.82.8", "", 0),
    ],
)
def test_images_that_are_a_release_count_as_it(reference: str, release: str, gaps: int, tmp_path: Path) -> None:
    inventory = read_as(tmp_path, "Dockerfile", f"FROM --platform=linux/amd64 {reference} AS base\nFROM base\n")
    assert [str(package.coordinate) for package in inventory.packages] == ([release] if release else [])
    assert len(inventory.gaps) == gaps


def test_files_that_stand_in_a_dockerfile(tmp_path: Path) -> None:
    text = dedent(
        """\
        FROM python:3.12
        COPY <<requirements.txt <<more.txt /app/
        six==1.16.0
        requirements.txt
        toml==0.10.2
        more.txt
        COPY --chmod=755 <<-"END" /start.sh
        \tpip install idna==3.7
        \tEND
        COPY <<EOF /etc/pip.conf
        [global]
        extra-index-url = https://index.example/simple
        EOF
        RUN pip install -r /app/requirements.txt -r /app/more.txt
        RUN <<EOF
        #!/usr/bin/env python3
        import os
        os.system("pip install attrs==24.1.0")
        EOF
        """
    )
    inventory = read_as(tmp_path, "Dockerfile", text)
    assert asked(inventory) == [
        ("idna", "==3.7", 8),
        ("six", "==1.16.0", 3),
        ("toml", "==0.10.2", 5),
        ("attrs", "==24.1.0", 18),
    ]
    assert [(index.url, index.place and index.place.line) for index in inventory.indexes] == [
        ("https://index.example/simple", 12)
    ]
    assert inventory.gaps == ()


def test_targets_of_an_earthfile(tmp_path: Path) -> None:
    text = "VERSION 0.8\nbuild:\n  FROM python:3.12\n  ARG V=1.82.8\n  RUN --push pip install litellm==$V\n  SAVE IMAGE x\n"
    inventory = read_as(tmp_path, "Earthfile", text)
    assert (inventory.format, asked(inventory)) == ("Earthfile", [("litellm", "==1.82.8", 5)])
    assert ["another value" in gap.detail for gap in inventory.gaps] == [True]


@pytest.mark.parametrize(
    ("name", "text", "releases", "gaps"),
    [
        ("docker-compose.yml", "services:\n  a:\n    image: vllm/vllm-openai:v0.8.5\n", ["vllm 0.8.5"], 1),
        ("compose.yaml", "services:\n  a:\n    image: vllm/vllm-openai:${TAG:-v0.8.5}\n", ["vllm 0.8.5"], 2),
        (
            "k8s/a.yaml",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: vllm/vllm-openai:v0.8.5\n",
            ["vllm 0.8.5"],
            1,
        ),
        ("chart/values.yaml", "image:\n  repository: ghcr.io/mlflow/mlflow\n  tag: v2.20.0\n", ["mlflow 2.20.0"], 1),
        (".gitlab-ci.yml", "t:\n  image:\n    name: pytorch/pytorch:2.4.0-cuda12.4\n  script: [x]\n", ["torch 2.4.0"], 1),
        (
            ".github/workflows/a.yml",
            "jobs:\n  a:\n    strategy: {matrix: {v: [v1.82.7]}}\n    container: ghcr.io/berriai/litellm:${{ matrix.v }}\n"
            '    steps: [{uses: "docker://ghcr.io/berriai/litellm:v1.82.8"}]\n',
            ["litellm 1.82.7", "litellm 1.82.8"],
            2,
        ),
        (
            ".github/workflows/a.yml",
            "jobs:\n  a:\n    steps:\n    - uses: rayproject/ray@v2\n"
            "    - {uses: actions/checkout@v4, with: {repository: mlflow/mlflow}}\n",
            [],
            0,
        ),
        (".devcontainer/devcontainer.json", '{"image": "tensorflow/tensorflow:2.16.1-gpu"}', ["tensorflow 2.16.1"], 1),
        ("start.sh", "V=v1.82.8\nsudo docker run -d -p 80:80 ghcr.io/berriai/litellm:$V --port 80\n", ["litellm 1.82.8"], 1),
        ("start.sh", "echo docker run ghcr.io/berriai/litellm:v1.82.8\n", [], 0),
        ("vllm.def", "Bootstrap: docker\nFrom: vllm/vllm-openai:v0.8.5\n", ["vllm 0.8.5"], 1),
    ],
)
def test_images_count_wherever_they_are_named(world: World, name: str, text: str, releases: list[str], gaps: int) -> None:
    (world.tree.root / name).parent.mkdir(parents=True, exist_ok=True)
    (world.tree.root / name).write_text(text, encoding="utf-8")
    report = run(Request(offline=True, checks=("known-bad",)), world)
    assert [str(package.coordinate) for package in report.packages] == releases
    assert len([gap for gap in report.gaps if gap.check == "inventory"]) == gaps
