"""setup.py (read, never run), setup.cfg and scripts with a header."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsupply.audit import run
from mlsupply.disk_tree import DiskTree
from mlsupply.inventory import reader_named
from mlsupply.inventory.folding import calls_of
from mlsupply.model import Inventory, Reason, SourceKind
from mlsupply.request import Request
from mlsupply.world import Limits, World
from tests.memory import read


def _read(folder: Path, name: str, text: str, **others: str) -> Inventory:
    (folder / name).write_text(dedent(text), encoding="utf-8")
    for other, content in others.items():
        (folder / other.replace("__", ".")).write_text(content, encoding="utf-8")
    reader = reader_named("script" if name == "script.py" else name)
    assert reader is not None
    return reader.read(name, DiskTree(folder), Limits())


def _asked(inventory: Inventory) -> list[tuple[str, str, str, int, tuple[str, ...]]]:
    return [(r.name, r.specifier, r.place.file, r.place.line, r.groups) for r in inventory.requirements]


# -- setup.py


def test_constants_are_folded_through_names_lists_and_concatenation(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        "setup.py",
        """\
        from setuptools import setup
        BASE = ["numpy>=2"]
        TORCH = "2.4.0"
        EXTRAS = {"gpu": [f"torch=={TORCH}"], "docs": []}
        EXTRAS["docs"] += ["sphinx"]
        EXTRAS["dev"] = EXTRAS["gpu"] + ["pytest"]
        BASE.append("scipy")
        BASE += ["pandas"]
        setup(
            name="My.Tool",
            python_requires=">=3.10",
            install_requires=BASE + ["requests"],
            extras_require=EXTRAS,
            setup_requires="cython",
        )
        """,
    )
    assert _asked(inventory) == [
        ("numpy", ">=2", "setup.py", 2, ()),
        ("scipy", "", "setup.py", 7, ()),
        ("pandas", "", "setup.py", 8, ()),
        ("requests", "", "setup.py", 12, ()),
        ("cython", "", "setup.py", 14, ("build",)),
        ("torch", "==2.4.0", "setup.py", 4, ("gpu",)),
        ("sphinx", "", "setup.py", 5, ("docs",)),
        ("torch", "==2.4.0", "setup.py", 4, ("dev",)),
        ("pytest", "", "setup.py", 6, ("dev",)),
    ]
    assert (inventory.root, inventory.requires_python, inventory.gaps) == ("my-tool", ">=3.10", ())


@pytest.mark.parametrize(
    "code",
    [
        'required = open("requirements.txt").read().splitlines()',
        'with open("requirements.txt") as f:\n    required = f.read().splitlines()',
        'with open(os.path.join(here, "requirements.txt")) as f:\n    required = [line.strip() for line in f if line]',
        'required = (Path(__file__).parent / "requirements.txt").read_text().splitlines()',
        'def read(name):\n    with open(name) as f:\n        return f.readlines()\nrequired = read("requirements.txt")',
        'def f():\n    out = []\n    for line in open("requirements.txt"):\n        out += [line]\n    return out\n'
        "required = f()",
        'required = [str(r.req) for r in parse_requirements("requirements.txt", session=False)]',
    ],
)
def test_the_usual_ways_to_read_a_requirements_file_are_followed(tmp_path: Path, code: str) -> None:
    text = f"{code}\nsetup(install_requires=required)\n"
    inventory = _read(tmp_path, "setup.py", text, requirements__txt="numpy>=2\n# no\ntorch==2.4.0\n")
    assert _asked(inventory) == [
        ("numpy", ">=2", "requirements.txt", 1, ()),
        ("torch", "==2.4.0", "requirements.txt", 3, ()),
    ]
    assert inventory.includes == ("requirements.txt",)
    assert inventory.gaps == ()


def test_a_table_of_versions_looked_up_by_name(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        "setup.py",
        r"""
        _deps = ["torch>=2.0,!=2.1", "numpy", "pytest<9"]
        deps = {b: a for a, b in (re.findall(r"^(([^!=<>~ ]+)(?:[!=<>~ ].*)?$)", x)[0] for x in _deps)}
        def deps_list(*pkgs):
            return [deps[pkg] for pkg in pkgs]
        extras = {}
        extras["test"] = deps_list("pytest", "numpy")
        setup(install_requires=[deps["torch"]], extras_require=extras)
        """,
    )
    assert [(r.name, r.groups) for r in inventory.requirements] == [
        ("torch", ()),
        ("pytest", ("test",)),
        ("numpy", ("test",)),
    ]


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("setup(install_requires=[*BASE, *list(MORE)])", ["numpy", "scipy", "pandas"]),
        ("setup(install_requires=BASE + MORE if GPU else BASE)", ["numpy", "scipy", "pandas"]),
        ("setup(install_requires=sorted(set(BASE)))", ["numpy", "scipy"]),
        ("setup(install_requires=sum([BASE, MORE], []))", ["numpy", "scipy", "pandas"]),
        ("setup(install_requires=list(itertools.chain(BASE, MORE)))", ["numpy", "scipy", "pandas"]),
        ("setup(install_requires=list(itertools.chain(*[BASE, MORE])))", ["numpy", "scipy", "pandas"]),
        ("setup(install_requires='numpy\\nscipy'.splitlines())", ["numpy", "scipy"]),
        ("setup(install_requires='numpy,scipy'.split(','))", ["numpy", "scipy"]),
        ("setup(install_requires=[p for p in BASE])", ["numpy", "scipy"]),
        ("setup(install_requires=['num' + 'py'])", ["numpy"]),
        ("setup(**{'install_requires': BASE})", ["numpy", "scipy"]),
        ("def needs():\n    return BASE\nsetup(install_requires=needs())", ["numpy", "scipy"]),
        ("def main():\n    setup(install_requires=MORE)", ["pandas"]),
        ("DEPS: list[str] = ['jax']\nsetup(install_requires=DEPS)", ["jax"]),
        ("BASE.extend(MORE)\nsetup(install_requires=BASE)", ["numpy", "scipy", "pandas"]),
    ],
)
def test_lists_are_put_together_in_many_ways(tmp_path: Path, code: str, asked: list[str]) -> None:
    head = "import itertools\nfrom setuptools import setup\nBASE = ['numpy', 'scipy']\nMORE = ['pandas']\n"
    assert sorted({name for name, *_ in _asked(_read(tmp_path, "setup.py", head + code + "\n"))}) == sorted(asked)


def test_what_only_running_it_would_tell_is_a_gap_at_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        "setup.py",
        """\
        import os
        setup(
            install_requires=[
                "numpy",
                os.environ["EVIL"],
            ],
            extras_require=make(),
        )
        """,
    )
    assert [r.name for r in inventory.requirements] == ["numpy"]
    assert [(g.reason, g.place and g.place.line) for g in inventory.gaps] == [
        (Reason.UNSUPPORTED, 5),
        (Reason.UNSUPPORTED, 7),
    ]


def test_branches_are_united_and_a_call_inside_a_function_is_found(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        "setup.py",
        """\
        def main():
            required = ["a"]
            if sys.platform == "win32":
                required.append("b")
            else:
                required += ["c"]
            setuptools.setup(**{"install_requires": required, "extras_require": {"x:python_version<'3'": ["d"]}})
        if __name__ == "__main__":
            main()
        """,
    )
    assert [(r.name, r.marker) for r in inventory.requirements] == [
        ("a", ""),
        ("b", ""),
        ("c", ""),
        ("d", "python_version<'3'"),
    ]


@pytest.mark.parametrize(
    "text", ["print 'python 2'\n", "x = '\\", "(" * 5000, "x = " + "-" * 20000 + "1", "\0", "setup(" * 90]
)
def test_what_does_not_parse_is_a_gap(tmp_path: Path, text: str) -> None:
    inventory = _read(tmp_path, "setup.py", text)
    assert inventory.requirements == ()
    assert [gap.reason for gap in inventory.gaps] == [Reason.MALFORMED]


def test_a_file_made_to_cost_time_ends_at_the_limits(tmp_path: Path) -> None:
    doubling = "x = ['a']\n" + "x = x + x\n" * 60 + "setup(install_requires=x)\n"
    assert len(_read(tmp_path, "setup.py", doubling).requirements) <= 5000
    mutual = "def f(a):\n    return g(a) + g(a)\ndef g(a):\n    return f(a) + f(a)\nsetup(install_requires=f(['x']))\n"
    _read(tmp_path, "setup.py", mutual)
    loops = "".join(f"{' ' * n}for i{n} in [{'1,' * 200}]:\n" for n in range(8)) + " " * 8 + "pass\n"
    _read(tmp_path, "setup.py", loops)


@given(st.text(alphabet="setupinstall_requires=()[]{}'\"+,:. \nforxinabdef", max_size=120))
def test_any_python_can_be_folded(text: str) -> None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    calls_of(tree, "setup")


# -- setup.cfg


def test_setup_cfg_sections_with_lines_references_and_files(tmp_path: Path) -> None:
    inventory = _read(
        tmp_path,
        "setup.cfg",
        """\
        [metadata]
        name = my-tool
        [options]
        python_requires = >=3.9
        install_requires =
            numpy>=2
            # a comment
            torch==2.4.0  # why
        [options.extras_require]
        test = pytest
        files = file: extra.txt
        all =
            %(test)s
            rich
        [flake8]
        ignore = E1
        """,
        extra__txt="tqdm\n",
    )
    assert _asked(inventory) == [
        ("numpy", ">=2", "setup.cfg", 6, ()),
        ("torch", "==2.4.0", "setup.cfg", 8, ()),
        ("pytest", "", "setup.cfg", 10, ("test",)),
        ("tqdm", "", "extra.txt", 1, ("files",)),
        ("pytest", "", "setup.cfg", 10, ("all",)),
        ("rich", "", "setup.cfg", 14, ("all",)),
    ]
    assert (inventory.root, inventory.requires_python, inventory.gaps) == ("my-tool", ">=3.9", ())


def test_references_in_a_circle_end_and_are_said(tmp_path: Path) -> None:
    inventory = _read(tmp_path, "setup.cfg", "[options.extras_require]\na =\n  %(b)s\nb =\n  %(a)s\n  %(b)s\n")
    assert {gap.reason for gap in inventory.gaps} == {Reason.MALFORMED}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="[options]install_requires = \n#;%(a)sfile:\t", max_size=200))
def test_any_text_can_be_read_as_setup_cfg(text: str, tmp_path: Path) -> None:
    assert _read(tmp_path, "setup.cfg", text).path == "setup.cfg"


# -- scripts

SCRIPT = """\
#!/usr/bin/env -S uv run
# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "httpx<1",
#   "agent",
# ]
#
# [tool.uv.sources]
# agent = {git = "https://git.example/agent"}
# ///
raise SystemExit("never run")
"""


def test_a_script_header_gives_requirements_on_the_lines_of_the_script(tmp_path: Path) -> None:
    inventory = _read(tmp_path, "script.py", SCRIPT)
    assert _asked(inventory) == [("httpx", "<1", "script.py", 5, ()), ("agent", "", "script.py", 6, ())]
    assert inventory.requirements[1].source.kind is SourceKind.GIT
    assert inventory.requires_python == ">=3.12"


def test_scripts_are_found_in_a_folder_also_beside_modules(world: World) -> None:
    """`uv run pkg/module.py` installs what its header asks for, whatever lies beside it."""
    for path in ("tools/fetch.py", "pkg/module.py"):
        full = world.tree.root / path
        full.parent.mkdir(exist_ok=True)
        full.write_text(SCRIPT, encoding="utf-8")
    (world.tree.root / "pkg/__init__.py").write_text("", encoding="utf-8")
    (world.tree.root / "pkg/other.py").write_text("import os\n", encoding="utf-8")
    report = run(Request(offline=True), world)
    assert [(i.path, i.format) for i in report.inputs] == [("pkg/module.py", "script"), ("tools/fetch.py", "script")]


@pytest.mark.parametrize(
    ("text", "line"), [("# /// script\n# x = 1\nprint()\n", 1), (SCRIPT + SCRIPT, 2), ("\n# /// script\n# = 1\n# ///\n", 3)]
)
def test_a_broken_header_is_a_gap_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    (gap,) = _read(tmp_path, "script.py", text).gaps
    assert (gap.reason, gap.place and gap.place.line) == (Reason.MALFORMED, line)


def test_a_script_header_may_stand_below_pages_of_comment(world: World) -> None:
    (world.tree.root / "late.py").write_text("# a licence\n" * 10_000 + SCRIPT, encoding="utf-8")
    for subject in (".", "late.py"):
        tree = world.tree.starting((subject,))
        report = run(Request(offline=True, subjects=(subject,)), replace(world, tree=tree))
        assert [(i.path, i.format) for i in report.inputs] == [("late.py", "script")]
        assert [r.place.line for r in report.inputs[0].requirements] == [10_005, 10_006]


def test_a_python_file_too_long_to_be_looked_through_for_a_header_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlsupply.inventory.sniff.MOST_OF_SCRIPT", 1_000)
    (world.tree.root / "table.py").write_text("x = 1\n" * 200 + SCRIPT, encoding="utf-8")
    (gap,) = [gap for gap in run(Request(offline=True), world).gaps if gap.check == "inventory"]
    assert (gap.subject, gap.reason) == ("table.py", Reason.LIMIT)


# -- limits


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (f"setup(install_requires={['p'] * 5_001})", 2),
        (f"a = []\nfor x in {['p'] * 4_000}:\n    a.append(x)\n    a.append(x)\nsetup(install_requires=a)", 5),
        ('a = """\n' + "pip\n" * 5_001 + '"""\nsetup(install_requires=a.splitlines())', 2),
        ("x = 1\n" * 50_000 + "setup(install_requires=['p'])", 25_002),
        (f"a = '{'b' * 15_000}'\nsetup(install_requires=[a + a])", 3),
    ],
    ids=["a list", "a loop", "lines of a text", "a file", "a text put together"],
)
def test_what_is_longer_than_is_followed_in_setup_py_is_a_gap(tmp_path: Path, code: str, line: int) -> None:
    (gap,) = _read(tmp_path, "setup.py", f"from setuptools import setup\n{code}\n").gaps
    assert gap.place is not None
    assert (gap.place.line, "follow" in gap.detail) == (line, True)


def test_a_loop_over_more_than_a_few_hundred_names_is_followed_to_its_end(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(900)]
    code = f"from setuptools import setup\na = []\nfor x in {names}:\n    a.append(x)\nsetup(install_requires=a)\n"
    inventory = _read(tmp_path, "setup.py", code)
    assert ([r.name for r in inventory.requirements], inventory.gaps) == (names, ())


def test_a_text_of_many_lines_is_whole(tmp_path: Path) -> None:
    lines = "\n".join(f"package-{number}>=1.0" for number in range(3_000))
    inventory = _read(tmp_path, "setup.py", f'from setuptools import setup\nsetup(install_requires="""{lines}""")\n')
    assert (len(inventory.requirements), inventory.gaps) == (3_000, ())


def test_an_option_of_setup_cfg_that_unfolds_without_end_is_a_gap_and_costs_little(tmp_path: Path) -> None:
    text = "[options]\ninstall_requires =\n  numpy\n  %(a0)s\n"
    for number in range(15):
        text += f"a{number} =\n" + f"  %(a{number + 1})s\n" * 40
    inventory = _read(tmp_path, "setup.cfg", text + "a15 =\n")
    assert [r.name for r in inventory.requirements] == ["numpy"]
    (gap,) = inventory.gaps
    assert gap.reason is Reason.LIMIT
    assert "install_requires comes to more than 5,000 lines" in gap.detail


def test_a_call_of_setup_in_each_branch_counts() -> None:
    branches = "if GPU:\n    setup(install_requires=['torch'])\nelse:\n    setup(install_requires=['jax'])\n"
    text = "from setuptools import setup\n" + branches
    assert [r.name for r in read("setup.py", text).requirements] == ["torch", "jax"]


def test_keywords_that_dict_makes_are_read_and_unknown_ones_are_a_gap() -> None:
    begin = "from setuptools import setup\n"
    made = read("setup.py", begin + "base = {'name': 'app'}\nkw = dict(base, install_requires=['six'])\nsetup(**kw)\n")
    assert (made.root, [r.name for r in made.requirements], made.gaps) == ("app", ["six"], ())
    (found,) = read("setup.py", begin + "setup(name='app', **load())\n").gaps
    assert found.detail == "what setup is given by ** is computed when setup.py runs"
    assert found.place is not None
    assert found.place.line == 2
    assert not read("setup.py", begin + "setup(install_requires=['six'], **load())\n").gaps
