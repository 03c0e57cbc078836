"""The merged graph: one node a package, paths to roots, and edges that stay within their input."""

from __future__ import annotations

from mlsupply.model import Coordinate, Edge, Inventory, Package, Place, Source, SourceKind
from mlsupply.project import edges, merge, roots
from mlsupply.value import replace


def _package(name: str, *requires: str, version: str = "1", direct: bool = False, line: int = 1) -> Package:
    return Package(
        coordinate=Coordinate("pypi", name, version),
        requires=tuple(Edge(*text.split("==")) for text in requires),
        direct=direct,
        places=(Place("uv.lock", line),),
    )


def _root(name: str, *requires: str) -> Package:
    return Package(
        coordinate=Coordinate("pypi", name, "0"),
        source=Source(SourceKind.VIRTUAL, "."),
        requires=tuple(Edge(text) for text in requires),
    )


def _lock(*packages: Package, path: str = "uv.lock", root: str = "") -> Inventory:
    return Inventory(path=path, format="uv.lock", root=root, packages=packages, complete=True)


def test_a_package_in_two_inputs_is_one_node_with_both_places() -> None:
    one = _package("torch", line=3)
    other = _package("torch", "numpy", line=9, direct=True)
    project = merge([_lock(one, path="a"), _lock(other, path="b")])
    (torch,) = project.packages
    assert [place.line for place in torch.places] == [3, 9]
    assert torch.direct
    assert [edge.name for edge in torch.requires] == ["numpy"]


def test_a_package_that_two_inputs_take_under_different_markers_applies_without_one_as_far_as_is_known() -> None:
    linux = replace(_package("triton"), marker='sys_platform == "linux"')
    for other, together in ((linux, linux.marker), (_package("triton"), "")):
        (triton,) = merge([_lock(linux, path="a"), _lock(other, path="b")]).packages
        assert triton.marker == together


def test_several_versions_of_one_name_stay_several() -> None:
    project = merge([_lock(_package("numpy", version="1"), _package("numpy", version="2"))])
    assert [package.version for package in project.packages] == ["1", "2"]


def test_paths_lead_from_the_root_through_each_parent() -> None:
    lock = _lock(_root("app", "a", "b"), _package("a", "x"), _package("b", "x"), _package("x", "y"), _package("y"))
    project = merge([lock])
    x, y = (p.key for p in lock.packages[3:])
    paths = project.paths([x])
    assert paths[x] == (("app", "a", "x"), ("app", "b", "x"))
    assert paths[y] == (("app", "a", "x", "y"),), "not asked for: one shortest path is kept"
    assert project.all_paths(y, 10) == (("app", "a", "x", "y"), ("app", "b", "x", "y"))


def test_a_version_on_an_edge_picks_the_node() -> None:
    lock = _lock(
        _root("app", "a", "b"),
        _package("a", "n==1"),
        _package("b", "n==2"),
        _package("n", version="1"),
        _package("n", version="2"),
    )
    found = merge([lock]).paths([package.key for package in lock.packages[3:]])
    assert list(found.values())[-2:] == [(("app", "a", "n"),), (("app", "b", "n"),)]
    assert {key[1]: {child[2] for child in children} for key, children in edges([lock]).items() if key[1] in "ab"} == {
        "a": {"1"},
        "b": {"2"},
    }


def test_cycles_end() -> None:
    lock = _lock(_root("app", "a"), _package("a", "b"), _package("b", "a"))
    a, b = (package.key for package in lock.packages[1:])
    assert merge([lock]).all_paths(b, 10) == (("app", "a", "b"),)
    assert merge([lock]).paths([a, b])[a] == (("app", "a"),)


def test_without_a_root_of_its_own_the_input_is_the_root() -> None:
    lock = _lock(_package("a", "b", direct=True), _package("b"), path="requirements.txt")
    assert [package.name for package in roots(lock)] == ["a"]
    assert merge([lock]).paths([lock.packages[1].key])[lock.packages[1].key] == (("requirements.txt", "a", "b"),)


def test_a_dense_graph_is_bounded() -> None:
    layers = [[f"n{depth}-{i}" for i in range(8)] for depth in range(12)]
    packages = [_root("app", *layers[0])]
    for depth, layer in enumerate(layers):
        following = layers[depth + 1] if depth + 1 < len(layers) else ["leaf"]
        packages += [_package(name, *following) for name in layer]
    lock = _lock(*packages, _package("leaf"))
    project = merge([lock])
    assert len(project.all_paths(lock.packages[-1].key, 1000)) == 1000
    assert len(project.paths([lock.packages[-1].key])[lock.packages[-1].key]) == 5


def test_a_chain_of_all_packages_does_not_fill_the_memory_with_its_paths() -> None:
    """Of 20,000 packages, each requiring the next, the paths would hold 200 million names."""
    count = 20_000
    chain = [_package(f"p{number}", f"p{number + 1}") for number in range(count)]
    project = merge([_lock(_root("app", "p0"), *chain, _package(f"p{count}"))])
    last, near = (next(p.key for p in project.packages if p.name == name) for name in (f"p{count}", "p100"))
    paths = project.paths([last, near])
    assert paths[near] == (("app", *(f"p{number}" for number in range(101))),)
    assert paths[last] == ()
    assert max(len(path) for several in paths.values() for path in several) == 200
    assert project.all_paths(last, 5) == ()
    assert project.all_paths(near, 5) == paths[near]
