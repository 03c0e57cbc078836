"""Where a project takes its packages from, as facts a rule may look at: indexes, requirements and locked files. Pure."""

from __future__ import annotations

from mlsupply.hints import Literal
from mlsupply.value import value


@value
class IndexFacet:
    """An index that an input names. url: without credentials; host; role: `explicit` serves only what is pinned to it;
    name: what the configuration calls it; file: the input; pinned: packages are pinned to it by name; public: it is the
    public index or a mirror the user named; beside_public: packages of the same input may come from the public index as
    well, and nothing pins them apart; hashed: every requirement of the input carries hashes; insecure: plain http;
    trusted_host: its certificate is not checked; credentials: user or password stand in the file."""

    url: str
    host: str = ""
    role: Literal["primary", "extra", "explicit", "find-links"] = "primary"
    name: str = ""
    file: str = ""
    pinned: bool = False
    public: bool = False
    beside_public: bool = False
    hashed: bool = False
    insecure: bool = False
    trusted_host: bool = False
    credentials: bool = False


@value
class RequirementFacet:
    """A requirement as a file writes it. source: where it comes from; specifier: PEP 440 text; pinned: one version, or a
    full commit of a repository; floating: nothing bounds it from above; wildcard: it takes any version that begins as
    given (`==1.*`, and `~=1.82`, which is `==1.*` from there on); hashed; deploy: the file is one that installs
    (requirements.txt, Dockerfile), not one that declares; host and repository: of a direct reference; insecure: fetched
    over plain http or git; public_name: the public index has a project of this name; own_repository: the reference is to
    a repository that project links to; hidden: the line holds a run of blanks that moves text out of sight."""

    name: str
    source: Literal["registry", "git", "url", "path", "editable", "virtual"] = "registry"
    specifier: str = ""
    pinned: bool = False
    floating: bool = False
    wildcard: bool = False
    hashed: bool = False
    deploy: bool = False
    host: str = ""
    repository: str = ""
    insecure: bool = False
    public_name: bool | None = None
    own_repository: bool | None = None
    hidden: bool = False


@value
class PinningFacet:
    """A file that installs, as a whole, or many of one folder. file; requirements: how many it has; unpinned: names without
    an exact version that no lock beside the file and no constraint settles, installers (pip, uv ...) apart; open: whether
    any line of it leaves a version open; unhashed: names without hashes; any_hashed: at least one has them (then pip wants
    them of all)."""

    file: str
    requirements: int = 0
    unpinned: tuple[str, ...] = ()
    unhashed: tuple[str, ...] = ()
    any_hashed: bool = False
    open: bool = False


@value
class OriginFacet:
    """The index a package is locked from. index: its host; public: it is the public index; shared: other indexes of the
    input could serve it as well; twin: the public index has a project of the same name; hashed: the lock has hashes of
    its files; strange_hosts: hosts of locked file URLs that are not those the index serves its files from; private: the
    index that the configuration says the name belongs to; astray: other places it comes from or may come from although it
    is private; refused: indexes it may come from that the configuration does not allow."""

    index: str = ""
    public: bool = True
    shared: bool = False
    twin: bool | None = False
    hashed: bool = False
    strange_hosts: tuple[str, ...] = ()
    private: str = ""
    astray: tuple[str, ...] | None = ()
    refused: tuple[str, ...] | None = ()
