"""The conda world: conda-lock.yml, pixi.lock, pixi.toml, environment.yml."""

from __future__ import annotations

import pytest

from mlsupply.audit import run
from mlsupply.inventory.conda import parse_spec
from mlsupply.inventory.conda_names import OTHER, SAME, pypi_name
from mlsupply.inventory.pinned import without_conda
from mlsupply.model import Reason, SourceKind
from mlsupply.request import Request
from mlsupply.text import canonical
from mlsupply.world import World
from tests.memory import by_name, named, read

FORGE = "https://conda.anaconda.org/conda-forge"
FILES = "https://files.index.example/packages"

CONDA_LOCK = f"""\
version: 1
metadata:
  channels:
  - url: conda-forge
package:
- name: libzlib
  version: '1.2.13'
  manager: conda
  platform: linux-64
  dependencies:
    __glibc: '>=2.17'
    libgcc-ng: '>=12'
  url: {FORGE}/linux-64/libzlib-1.2.13-hd590300_5.conda
  hash:
    md5: f36c115f1ee199da648e0597ec2047ad
    sha256: 370C7C5893B737596FD6CA0D9190C9715D89D888B8C88537AE1EF168C25E82E4
  category: main
  optional: false
- name: pytorch
  version: 2.1.0
  manager: conda
  platform: linux-64
  dependencies:
    libzlib: ''
    numpy: '>=1.22'
  url: https://conda.anaconda.org/t/tk-123-secret/pytorch/linux-64/pytorch-2.1.0-py3.10_cuda12.1.tar.bz2
  category: main
- name: pytorch
  version: 2.1.0
  manager: conda
  platform: osx-64
  dependencies: {{}}
  url: https://conda.anaconda.org/t/tk-123-secret/pytorch/osx-64/pytorch-2.1.0-py3.10_0.tar.bz2
  category: main
- name: numpy
  version: 1.10
  manager: conda
  platform: linux-64
  dependencies: {{}}
  url: {FORGE}/linux-64/numpy-1.10-py310_0.conda
  category: dev
- name: flash-attn
  version: 2.3.6
  manager: pip
  platform: linux-64
  dependencies:
    torch: '*'
    einops: '>=0.7'
  url: {FILES}/flash_attn-2.3.6.tar.gz
  hash:
    sha256: 4fc6
  category: main
"""


def test_a_conda_lock_keeps_conda_packages_and_maps_what_is_known() -> None:
    inventory = read("conda-lock.yml", CONDA_LOCK)
    assert inventory.gaps == ()
    assert inventory.complete
    assert [(p.coordinate.purl, p.note) for p in inventory.packages] == [
        ("pkg:conda/libzlib@1.2.13", ""),
        ("pkg:pypi/torch@2.1.0", "conda package pytorch, taken as torch on PyPI"),
        ("pkg:pypi/numpy@1.10", "conda package numpy, taken as numpy on PyPI"),
        ("pkg:pypi/flash-attn@2.3.6", ""),
    ]


def test_one_package_of_several_platforms_keeps_every_line_and_file() -> None:
    inventory = read("conda-lock.yml", CONDA_LOCK)
    torch = named(inventory, "torch")
    lines = CONDA_LOCK.splitlines()
    assert [lines[place.line - 1] for place in torch.places] == ["- name: pytorch"] * 2
    assert [artifact.filename for artifact in torch.artifacts] == [
        "pytorch-2.1.0-py3.10_cuda12.1.tar.bz2",
        "pytorch-2.1.0-py3.10_0.tar.bz2",
    ]
    assert "tk-123-secret" not in repr(inventory)


def test_edges_follow_the_mapping_and_leave_the_machine_out() -> None:
    found = by_name(read("conda-lock.yml", CONDA_LOCK))
    assert [(edge.name, edge.specifier) for edge in found["libzlib"].requires] == [("libgcc-ng", ">=12")]
    assert [edge.name for edge in found["torch"].requires] == ["libzlib", "numpy"]
    assert [(edge.name, edge.specifier) for edge in found["flash-attn"].requires] == [("torch", ""), ("einops", ">=0.7")]
    assert [name for name, package in found.items() if package.direct] == ["flash-attn"]
    assert found["numpy"].groups == ("dev",)
    assert found["libzlib"].artifacts[0].hashes[0][1].startswith("370c7c58")


PIXI_6 = f"""\
version: 6
environments:
  default:
    channels:
    - url: {FORGE}/
    indexes:
    - https://index.example/simple
    - https://me:pw@extra.example/simple
    packages:
      linux-64:
      - conda: {FORGE}/noarch/tzdata-2025b-h78e105d_0.conda
      - conda: {FORGE}/noarch/opencv-wrapper-1.0-py_0.conda
      - pypi: {FILES}/tomli_w-1.2.0-py3-none-any.whl
      - pypi: ./
  test:
    channels:
    - url: {FORGE}/
    packages:
      linux-64:
      - conda: {FORGE}/noarch/tzdata-2025b-h78e105d_0.conda
      - pypi: git+https://git.example/vision.git@abc123
packages:
- conda: {FORGE}/noarch/tzdata-2025b-h78e105d_0.conda
  sha256: aa
  purls: []
  size: 122968
- conda: {FORGE}/noarch/opencv-wrapper-1.0-py_0.conda
  sha256: bb
  depends:
  - tzdata
  purls:
  - pkg:pypi/OpenCV_Wrapper?source=hash-mapping
- pypi: {FILES}/tomli_w-1.2.0-py3-none-any.whl
  name: tomli-w
  version: 1.2.0
  sha256: cc
  requires_dist:
  - tomli>=2 ; extra == 'test'
  requires_python: '>=3.9'
- pypi: ./
  name: app
  requires_dist:
  - tomli-w
  editable: true
- pypi: git+https://git.example/vision.git@abc123
  name: vision
  version: 0.1.0
"""


def test_a_pixi_lock_of_version_6_reads_names_from_addresses_and_purls() -> None:
    inventory = read("pixi.lock", PIXI_6)
    assert inventory.gaps == ()
    assert [(p.coordinate.purl, p.source.kind.value, p.groups) for p in inventory.packages] == [
        ("pkg:conda/tzdata@2025b", "registry", ()),
        ("pkg:pypi/opencv-wrapper@1.0", "registry", ()),
        ("pkg:pypi/tomli-w@1.2.0", "registry", ()),
        ("pkg:pypi/app", "editable", ()),
        ("pkg:pypi/vision@0.1.0", "git", ("test",)),
    ]
    found = by_name(inventory)
    assert found["tzdata"].artifacts[0].size == 122968
    assert [edge.name for edge in found["opencv-wrapper"].requires] == ["tzdata"]
    assert found["tomli-w"].requires[0].extra == "test"
    assert found["vision"].source.revision == "abc123"
    assert [(i.role, i.url, i.had_credentials) for i in inventory.indexes] == [
        ("primary", "https://index.example/simple", False),
        ("extra", "https://extra.example/simple", True),
    ]


def test_a_pixi_lock_of_version_5_names_kind_name_and_version() -> None:
    lock = f"""\
version: 5
environments:
  py311:
    packages:
      linux-64:
      - conda: {FORGE}/linux-64/uv-0.6.14-h0f3a69f_0.conda
packages:
- kind: conda
  name: uv
  version: 0.6.14
  url: {FORGE}/linux-64/uv-0.6.14-h0f3a69f_0.conda
  depends:
  - __glibc >=2.17,<3.0.a0
  - libgcc >=13
- kind: pypi
  name: local
  version: 0.1.0
  path: .
  editable: true
"""
    inventory = read("pixi.lock", lock)
    assert [str(p.coordinate) for p in inventory.packages] == ["uv 0.6.14", "local 0.1.0"]
    assert named(inventory, "uv").groups == ("py311",)
    assert named(inventory, "uv").places[0].line == 8
    assert named(inventory, "local").source.kind is SourceKind.EDITABLE


@pytest.mark.parametrize(
    ("text", "name", "version", "built"),
    [
        ("numpy", "numpy", "", False),
        ("numpy=1.23", "numpy", "", False),
        ("numpy=1.23.1", "numpy", "1.23.1", False),
        ("openssl =1.1.1s", "openssl", "1.1.1s", False),
        ("numpy=1.23.1.*", "numpy", "", False),
        ("numpy=1.23.1|=1.24.0", "numpy", "", False),
        ("numpy==1.23.1", "numpy", "1.23.1", False),
        ("numpy=1.23.1=py310h1794996_0", "numpy", "1.23.1", True),
        ("numpy==1.23.1=py310_0", "numpy", "1.23.1", True),
        ("numpy 1.11.1 py36_0", "numpy", "1.11.1", True),
        ("numpy>=1.20,<2", "numpy", "", False),
        ("pytorch~=2.1.0 *cuda12*", "pytorch", "", False),
        ("numpy=1.23.*", "numpy", "", False),
        ("conda-forge::numpy[version='1.26.4',build='py_0']", "numpy", "1.26.4", True),
        ("pytorch::pytorch", "pytorch", "", False),
        ("_libgcc_mutex=0.1=main", "_libgcc_mutex", "0.1", True),
        ("jpeg=9e=h7f8727e_0", "jpeg", "9e", True),
    ],
)
def test_conda_requirements(text: str, name: str, version: str, built: bool) -> None:
    spec = parse_spec(text)
    assert spec is not None
    assert (spec.name, spec.version, spec.built) == (name, version, built)


ENVIRONMENT = """\
name: clay
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pytorch==2.4.0
  - conda-forge::scikit-image~=0.22.0
  - pip
  - pip:
    - --extra-index-url https://user:pw@torch.example/whl/cu121
    - torchvision==0.19.0+cu121
    - einops~=0.7.0
    - -e ".[test]"
"""


def test_an_environment_file_asks_conda_and_pip() -> None:
    inventory = read("environment.yml", ENVIRONMENT, pyproject__toml='[project]\nname = "clay"\n')
    assert inventory.gaps == ()
    assert not inventory.complete
    assert [(str(p.coordinate), p.coordinate.ecosystem, p.places[0].line) for p in inventory.packages] == [
        ("torch 2.4.0", "pypi", 6),
        ("torchvision 0.19.0+cu121", "pypi", 11),
        ("clay", "pypi", 13),
    ]
    assert [(r.name, r.specifier, r.ecosystem) for r in inventory.requirements] == [
        ("python", "=3.11", "conda"),
        ("torch", "==2.4.0", "conda"),
        ("scikit-image", "~=0.22.0", "conda"),
        ("pip", "", "conda"),
        ("torchvision", "==0.19.0+cu121", "pypi"),
        ("einops", "~=0.7.0", "pypi"),
        ("clay", "", "pypi"),
    ]
    assert [(i.role, i.url, i.place.line) for i in inventory.indexes] == [("extra", "https://torch.example/whl/cu121", 10)]


def test_what_conda_would_have_to_resolve_is_said() -> None:
    settled = without_conda(read("environment.yml", ENVIRONMENT))
    said = [(gap.reason, gap.place and gap.place.line) for gap in settled.gaps if gap.reason is Reason.UNPINNED]
    assert said == [(Reason.UNPINNED, 5), (Reason.UNPINNED, 7), (Reason.UNPINNED, 8)]
    assert {r.ecosystem for r in settled.requirements} == {"pypi"}


def test_an_export_that_names_every_build_is_the_whole_environment() -> None:
    export = (
        "name: x\ndependencies:\n  - numpy=1.23.1=py310_0\n  - openssl=1.1.1s=h7f8727e_0\n  - pip:\n    - torch==2.0.0\n"
    )
    inventory = read("environment.yaml", export)
    assert inventory.complete
    assert [p.coordinate.purl for p in inventory.packages] == [
        "pkg:pypi/numpy@1.23.1",
        "pkg:conda/openssl@1.1.1s",
        "pkg:pypi/torch@2.0.0",
    ]


def test_a_yaml_file_of_that_name_that_is_no_environment_holds_nothing() -> None:
    inventory = read("environment.yaml", "apiVersion: v1\nkind: ConfigMap\n")
    assert (inventory.packages, inventory.requirements, inventory.gaps) == ((), (), ())


PIXI_TOML = """\
[workspace]
name = "pixi-app"
channels = ["conda-forge"]

[dependencies]
python = "3.11.*"
numpy = "==1.26.4"
pytorch = { version = ">=2", channel = "pytorch" }

[pypi-dependencies]
litellm = { version = "==1.82.6", extras = ["proxy"] }
app = { path = ".", editable = true }
vision = { git = "https://me:pw@git.example/v.git", rev = "abc" }

[target.linux-64.dependencies]
uv = ">=0.6"

[feature.cuda.dependencies]
cuda-version = "12.4"
"""


def test_a_pixi_manifest_asks_conda_and_the_index() -> None:
    inventory = read("pixi.toml", PIXI_TOML)
    assert inventory.gaps == ()
    assert inventory.root == "pixi-app"
    assert [(r.name, r.specifier, r.ecosystem, r.groups, r.place.line) for r in inventory.requirements] == [
        ("python", "3.11.*", "conda", (), 6),
        ("numpy", "==1.26.4", "conda", (), 7),
        ("torch", ">=2", "conda", (), 8),
        ("litellm", "==1.82.6", "pypi", (), 11),
        ("app", "", "pypi", (), 12),
        ("vision", "", "pypi", (), 13),
        ("uv", ">=0.6", "conda", (), 16),
        ("cuda-version", "12.4", "conda", ("cuda",), 19),
    ]
    assert [str(p.coordinate) for p in inventory.packages] == ["numpy 1.26.4"]
    assert inventory.requirements[5].source.revision == "abc"
    assert "pw" not in repr(inventory)


def test_the_reviewed_names_are_canonical_and_lead_somewhere() -> None:
    for name in SAME | set(OTHER):
        assert name == canonical(name)
        assert pypi_name(name) == canonical(pypi_name(name)) != ""


def test_a_name_is_in_one_list_only_and_libraries_in_none() -> None:
    assert not SAME & set(OTHER)
    for library in ("openssl", "python", "opencv", "libzlib", "tzdata", "ca-certificates", "flatbuffers"):
        assert pypi_name(library) == ""


# -- hostile YAML


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &a [" + "x, " * 999 + "x]\n" + "b: [" + ", ".join(["*a"] * 250) + "]\n", Reason.LIMIT),
        ("a: &a [*a]\n", Reason.MALFORMED),
        ("a: *nowhere\n", Reason.MALFORMED),
        ("[" * 500 + "]" * 500, Reason.LIMIT),
        ("{a: [1, 2}\n", Reason.MALFORMED),
        ("? [a, b]\n: c\n", Reason.MALFORMED),
        ("a: \x07\n", Reason.MALFORMED),
    ],
)
def test_yaml_that_would_blow_up_or_nest_too_deep_is_a_gap(text: str, reason: Reason) -> None:
    inventory = read("conda-lock.yml", text)
    assert inventory.packages == ()
    assert inventory.gaps[0].reason is reason


def test_nothing_in_yaml_is_constructed() -> None:
    text = "version: 1\npackage:\n- name: !!python/object/apply:os.system ['true']\n  version: !!python/name:os.system 1.0\n"
    inventory = read("conda-lock.yml", text)
    assert inventory.packages == ()
    assert inventory.gaps


@pytest.mark.parametrize("name", ["conda-lock.yml", "pixi.lock", "environment.yml"])
@pytest.mark.parametrize("text", ["", "- a\n", "text", "package: 3\npackages: 3\ndependencies: 3\n", "package: [1, [2]]\n"])
def test_documents_of_another_shape_are_gaps_or_nothing(name: str, text: str) -> None:
    assert read(name, text).packages == ()


def test_a_package_file_by_its_address_is_that_package_and_no_credentials_are_told() -> None:
    text = (
        "dependencies:\n"
        "  - https://me:pw@conda.example/forge/linux-64/numpy-1.26.0-py311_0.conda#0123abcd\n"
        "  - https://conda.example/t/tk-123-secret/forge/noarch/idna-3.4-pyhd_0.tar.bz2\n"
        "  - https://me:pw@conda.example/forge::six==1.16.0\n"
        "  - https://me:pw@conda.example/t/tk-123-secret/none.txt\n"
    )
    inventory = read("environment.yml", text)
    assert [(p.name, p.version, p.source.url) for p in inventory.packages] == [
        ("numpy", "1.26.0", "https://conda.example/forge"),
        ("idna", "3.4", "https://conda.example/t/REDACTED/forge"),
        ("six", "1.16.0", "https://conda.example/forge"),
    ]
    assert [gap.place and gap.place.line for gap in inventory.gaps] == [5]
    assert "pw@" not in str(inventory)
    assert "secret" not in str(inventory)


def test_an_explicit_list_is_the_whole_environment_with_what_pip_adds(world: World) -> None:
    """conda-lock writes one for each platform; nothing of it was read."""
    text = (
        "# platform: linux-64\n@EXPLICIT\n"
        f"https://conda.example/conda-forge/noarch/litellm-1.82.8-pyhd8ed1ab_0.conda#{'a' * 32}\n"
        f"https://u:p@conda.example/t/tk-1/our/linux-64/tool-2.0-0.tar.bz2#sha256:{'b' * 64}\n"
        f"# pip demo @ https://files.example/demo-1.0-py3-none-any.whl --hash=sha256:{'c' * 64}\n"
        "nonsense\n"
    )
    for name in ("conda-linux-64.lock", "spec.txt"):
        (world.tree.root / name).write_text(text, encoding="utf-8")
    report = run(Request(subjects=("conda-linux-64.lock",), offline=True), world)
    found = {package.name: package for package in report.packages}
    assert {name: (p.coordinate.ecosystem, p.version) for name, p in found.items()} == {
        "litellm": ("pypi", "1.82.8"),
        "tool": ("conda", "2.0"),
        "demo": ("pypi", "1.0"),
    }
    assert found["tool"].source.url == "https://conda.example/t/REDACTED/our"
    assert found["tool"].artifacts[0].hashes == (("sha256", "b" * 64),)
    assert found["demo"].artifacts[0].hashes == (("sha256", "c" * 64),)
    assert "MAL-2026-2144" in {finding.id for finding in report.findings}
    unread = [gap.detail for gap in report.gaps if gap.reason is Reason.MALFORMED]
    assert unread == ["no conda package can be read from nonsense"]
    again = run(Request(subjects=("spec.txt",), offline=True), world)
    assert len(again.packages) == 3, "told by its content"


@pytest.mark.parametrize("name", ["env.yml", "gpu-env.yaml", "conda_env.yaml", "req.txt", "dev-reqs.in", "requirement.txt"])
def test_files_of_looser_names_are_read_too(name: str, world: World) -> None:
    text = "dependencies:\n  - pip:\n    - six==1.17.0\n" if "env" in name else "six==1.17.0\n"
    (world.tree.root / name).write_text(text, encoding="utf-8")
    report = run(Request(offline=True), world)
    assert [str(package.coordinate) for package in report.packages] == ["six 1.17.0"]


@pytest.mark.parametrize("text", ["FOO: bar\n", "{{ template }}: {\n", "@EXPLICIT-NOT\n"])
def test_a_file_of_such_a_name_that_is_something_else_is_no_input(text: str, world: World) -> None:
    for name in ("env.yaml", "conda-linux-64.lock"):
        (world.tree.root / name).write_text(text, encoding="utf-8")
    assert run(Request(offline=True), world).inputs[0].format == "folder"


def test_the_lists_of_mlflows_python_env_are_pips() -> None:
    text = "python: 3.11\nbuild_dependencies:\n- pip==23.2.1\ndependencies:\n- demo==1.0\n"
    inventory = read("python_env.yaml", text)
    assert [(r.name, r.specifier, r.ecosystem) for r in inventory.requirements] == [
        ("pip", "==23.2.1", "pypi"),
        ("demo", "==1.0", "pypi"),
    ]
    assert inventory.gaps == ()
