"""The ML-BOM of a small project: models, a dataset, a gateway and a tool server, valid for both versions of CycloneDX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mlsupply.audit import inventory_report
from mlsupply.evidence.models.caches import Cached, CachedFile
from mlsupply.evidence.models.locking import lock, written
from mlsupply.report.completeness import LISTS, rows, table
from mlsupply.report.cyclonedx_ import render, render_17
from mlsupply.report.view import View, view_of
from mlsupply.request import Request
from mlsupply.world import World

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "app.py": "from transformers import AutoModel\nfrom sentence_transformers import SentenceTransformer\n"
    f"AutoModel.from_pretrained('acme/chat', revision='{COMMIT}')\nSentenceTransformer('acme/embed')\n",
    "train.py": "from datasets import load_dataset\nload_dataset('acme/rows', revision='v1')\n",
    "README.md": "---\nlicense: apache-2.0\nbase_model: acme/base\ndatasets: [acme/rows]\n---\n# A RAG\n",
    "config.yaml": "model_list:\n- model_name: gpt\n  litellm_params: {model: openai/gpt-x}\n",
    ".mcp.json": '{"mcpServers": {"files": {"command": "npx", "args": ["-y", "@acme/fs@1.2.3"]}}}',
    "requirements.txt": "transformers==5.4.0\n",
}


@pytest.fixture
def view(world: World) -> View:
    """The inventory of the project, with a lock of one model's weights."""
    root = Path(world.tree.root)
    for name, text in FILES.items():
        (root / name).write_text(text)
    (root / "w.bin").write_bytes(b"weights")
    found = Cached("huggingface", "model", "acme/chat", COMMIT, (CachedFile("model.safetensors", root / "w.bin"),))
    (root / "mlsupply-models.lock").write_bytes(written(lock([found])))
    return view_of(inventory_report(Request(offline=True, resolve=False), world))


def _by_name(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {f"{c.get('group', '')}/{c['name']}": c for c in document["components"] if c["type"] == kind}


@pytest.mark.parametrize(("text", "version"), [(render, SchemaVersion.V1_6), (render_17, SchemaVersion.V1_7)])
def test_is_valid(view: View, text: Any, version: SchemaVersion) -> None:
    assert JsonStrictValidator(version).validate_str(text(view).decode()) is None


def test_models_carry_place_revision_hashes_and_pin(view: View) -> None:
    models = _by_name(json.loads(render(view)), "machine-learning-model")
    chat = models["acme/chat"]
    assert chat["version"] == COMMIT
    assert chat["purl"] == f"pkg:huggingface/acme/chat@{COMMIT}"
    assert chat["evidence"]["occurrences"] == [{"location": "app.py", "line": 3}]
    assert chat["components"][0]["hashes"][0]["alg"] == "SHA-256"
    assert {"name": "mlsupply:pin", "value": "none"} in models["acme/embed"]["properties"]


def test_the_projects_own_model_has_its_lineage(view: View) -> None:
    document = json.loads(render(view))
    own = _by_name(document, "machine-learning-model")["/model of this project"]
    assert own["pedigree"]["ancestors"] == [{"type": "machine-learning-model", "name": "acme/base"}]
    assert own["licenses"][0]["license"]["name"] == "apache-2.0"
    (dataset,) = [c for c in document["components"] if c["type"] == "data" and c.get("version")]
    assert own["modelCard"]["modelParameters"]["datasets"][0]["ref"].startswith("data")
    assert dataset["data"][0]["contents"]["url"].endswith("datasets/acme/rows")


def test_services_and_edges(view: View) -> None:
    document = json.loads(render(view))
    assert {service["name"] for service in document["services"]} == {"openai/gpt-x", "files"}
    refs = {c["bom-ref"] for c in document["components"]} | {s["bom-ref"] for s in document["services"]}
    root = next(edge for edge in document["dependencies"] if edge["ref"] == "mlsupply:project")
    assert {ref for ref in refs if ref.startswith(("model:", "dataset:", "service:"))} <= set(root["dependsOn"])


def test_a_project_without_models_has_none(world: World) -> None:
    (Path(world.tree.root) / "requirements.txt").write_text("click==8.1.7\n")
    document = json.loads(render(view_of(inventory_report(Request(offline=True, resolve=False), world))))
    assert "services" not in document
    assert [c["type"] for c in document["components"]] == ["library"]


class TestCompleteness:
    def test_the_g7_list_has_fifty_elements(self) -> None:
        assert len(LISTS["g7-ai"]) == 50

    def test_states(self, view: View) -> None:
        found = {(row.cluster, row.element): row for row in rows(json.loads(render(view)), "g7-ai")}
        assert found["models", "name"].state == "present"
        assert found["models", "hash value"].state == "partly"
        assert found["infrastructure", "hardware"].state == "missing"
        assert found["security", "vulnerability referencing"].state == "derivable"

    def test_what_is_asked_of_models_is_not_missing_where_there_is_no_model(self) -> None:
        document = {"components": [{"type": "library", "name": "demo"}]}
        found = {(row.cluster, row.element): row for row in rows(document, "g7-ai")}
        assert {row.state for (cluster, _), row in found.items() if cluster == "models"} == {"none"}
        assert found["models", "version"].ask == "none was found in the project"
        assert (found["system", "version"].state, found["system", "version"].ask) == (
            "derivable",
            "give the project a version",
        )
        assert table(document, "g7-ai").splitlines()[-1].endswith("are asked of models or datasets, of which none was found")
        (version,) = [row for row in rows(document, "ntia") if row.element == "version"]
        assert version.ask == "name one version, or lock it"

    @pytest.mark.parametrize("name", LISTS)
    def test_the_table_says_whom_to_ask(self, view: View, name: str) -> None:
        text = table(json.loads(render(view)), name)
        assert "→" in text
        assert f"elements of {name} are present" in text.splitlines()[-1]
