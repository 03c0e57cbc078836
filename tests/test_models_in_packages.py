"""Models inside packages: found by name and by first bytes, and judged as they are beside the package."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.evidence.models import look as look_at_model
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from tests.made_wheels import put
from tests.test_archives import tarred, zipped


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(1) as one:
        yield one


def test_a_model_inside_a_package_is_handed_to_the_model_probe(tmp_path: Path, pool: Pool) -> None:
    pickled = b"cos\nsystem\n(S'echo'\ntR."
    models = [("demo/m.pkl", pickled), ("demo/n.pickle.gz", gzip.compress(pickled)), ("demo/o.vocab", pickled)]
    facts = look_inside(put(tmp_path, "a.whl", zipped(models)), pool)
    assert [(fact.behaviour, fact.member.partition("!/")[0]) for fact in facts.code] == [
        ("model-runs-code", name) for name, _ in models
    ]


def test_a_model_under_the_name_of_something_else_is_found_by_its_first_bytes(tmp_path: Path, pool: Pool) -> None:
    """A loader opens what it is pointed at: the suffix is for people."""
    old, new = b"cos\nsystem\n(S'echo'\ntR.", b"\x80\x02cos\nsystem\nX\x04\0\0\0echo\x85R."
    table = b"(dp0\nV1\np1\n" + old[:-1] + b"s."
    torch = zipped([("archive/data.pkl", new)])
    hidden = [old, new, gzip.compress(old), bz2.compress(old), lzma.compress(new), zlib.compress(new), torch]
    hidden += [
        lzma.compress(old, lzma.FORMAT_ALONE),
        gzip.compress(bz2.compress(new)),
        gzip.compress(b"") + gzip.compress(new),
    ]
    members = [(f"demo/table{number}.tab", data) for number, data in enumerate(hidden)]
    members += [
        ("demo/de", gzip.compress(new)),
        ("demo/readme.txt", new),
        ("demo/fr.tab", gzip.compress(table)),
        ("demo/it.tab", table),
    ]
    template = b"a template {{ ''.__class__.__mro__ }}"
    honest = [
        ("demo/pack.js.gz", gzip.compress(template)),
        ("demo/lines.jsonl.gz", gzip.compress(b'{"a": 1}\n{"a": 2}\n')),
        ("demo/a.tab", b"x,y\n1,2\n"),
        ("demo/b.tab", gzip.compress(b"x,y\n1,2\n")),
        ("demo/c.cmap", zlib.compress(bytes(99))),
    ]
    for name in ("a.whl", "a.tar.gz"):
        packed = (zipped if name.endswith(".whl") else tarred)([*members, *honest])
        facts = look_inside(put(tmp_path, name, packed), pool)
        assert {fact.member.partition("!/")[0] for fact in facts.code if fact.behaviour == "model-runs-code"} == dict(
            members
        ).keys()
        assert not [gap for gap in facts.gaps if gap.place is None or gap.place.member.partition("!/")[0] in dict(honest)]


@pytest.mark.parametrize(
    ("name", "data", "verdict"),
    [
        ("m.pkl", b"cos\nsystem\n(S'echo'\ntR.", "blocked"),
        ("m.pkl", b"\x80\x02cacme.models\nNet\n)\x81}b.", "not verified"),
        ("m.pkl", b"\x80\x02K\x01.", "clear"),
        ("m.safetensors", b"\xff\xff\xff\xff\0\0\0\0{", "not verified"),
        ("m.gguf", b"GGUF\x03", "not verified"),
        ("m.onnx", b"\x08\x08\x12\x01xBnope", "not verified"),
        ("m.pt", b"Rar!\x1a\x07\x01\x00" + bytes(60), "not verified"),
        ("tables.dat", bytes(range(256)) * 4, "clear"),
    ],
)
def test_a_model_gets_the_verdict_it_gets_beside_the_package(
    tmp_path: Path, pool: Pool, name: str, data: bytes, verdict: str
) -> None:
    inside = look_inside(put(tmp_path, "a.whl", zipped([(f"demo/{name}", data)])), pool)
    assert ("blocked" if inside.code else "not verified" if inside.gaps else "clear") == verdict
    if name != "tables.dat":  # data of no known format is a gap only where a model was asked for
        assert look_at_model(data, name).verdict.value == verdict


def test_an_object_of_the_package_itself_is_an_open_question(tmp_path: Path, pool: Pool) -> None:
    """What rebuilding it calls may lie in another module, and what it is called with in the data."""
    tables = b"from demo.helpers import act\nclass Table:\n    def __setstate__(self, state):\n        act(state['x'])\n"
    helpers = b"import os\ndef act(line):\n    os.system(line)\n"
    pickled = b"\x80\x02cdemo.tables\nTable\n)\x81}U\x01xU\x02lssb."
    code = [("demo/__init__.py", b""), ("demo/tables.py", tables), ("demo/helpers.py", helpers)]
    facts = look_inside(put(tmp_path, "demo-1.0-py3-none-any.whl", zipped([*code, ("demo/data/a.dat", pickled)])), pool)
    assert any("demo.tables.Table" in gap.detail for gap in facts.gaps)
