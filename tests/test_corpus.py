"""Real lock and requirements files against ground truth, and every file of the corpus through its reader."""

from __future__ import annotations

import pytest

from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_of
from mlsupply.model import Inventory, Reason
from mlsupply.world import Limits
from tests.bench.inventory_truth import compare, corpus
from tests.conftest import SHARED

pytestmark = pytest.mark.shared


def test_names_versions_and_kinds_are_those_of_the_ground_truth() -> None:
    rows = list(compare())
    assert len(rows) == 62
    wrong = {row.path: (sorted(row.missing), sorted(row.extra)) for row in rows if not row.exact}
    assert not wrong


def test_no_file_of_the_corpus_breaks_its_reader_and_what_is_not_read_is_said() -> None:
    tree = DiskTree(SHARED / "corpus" / "projects")
    read = 0
    for _, path, _ in corpus():
        reader = reader_of(path)
        if reader is not None:
            inventory = reader.read(path, tree, Limits())
            assert isinstance(inventory, Inventory)
            assert all(gap.place is not None and gap.detail for gap in inventory.gaps), path
            assert inventory.complete or not inventory.packages or inventory.requirements, path
            read += 1
    assert read > 200


def test_the_oddities_give_a_located_gap_or_the_right_answer() -> None:
    tree = DiskTree(SHARED / "corpus" / "projects")

    def inventory(path: str) -> Inventory:
        reader = reader_of(path)
        assert reader is not None
        return reader.read(path, tree, Limits())

    dangling = inventory("AITrekker__RAG/requirements.txt")
    assert [(gap.reason, gap.place and gap.place.line) for gap in dangling.gaps] == [(Reason.NOT_FOUND, 11)]
    disguised = inventory("DiffrAI__ai-research-assistant-platform@b384f4d/uv.lock")
    assert disguised.complete
    assert len(disguised.packages) > 150
    wide = inventory("Ayyankhan101__Fair-Work-Rag-Assistant@752a559/requirements.lock")
    assert len(wide.packages) == 285
    cuda = inventory("vllm-project__vllm/requirements/cuda.txt")
    assert [index.role for index in cuda.indexes] == ["extra"]
    assert cuda.includes == ("vllm-project__vllm/requirements/common.txt",)
    wheels = inventory("oobabooga__text-generation-webui/requirements/full/requirements.txt")
    assert {p.version for p in wheels.packages if p.name == "gradio"} == {"4.37.2+custom.20"}
