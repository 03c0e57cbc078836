"""Where a project takes its packages from, as facts a rule may look at: indexes, requirements and locked files. Pure."""

from __future__ import annotations

from mlsupply.hints import Literal
from mlsupply.value import value


@value
class IndexFacet:
    """An index that an input names.

    url: without credentials.
    host: of the url.
    role: `primary`, `extra` (asked beside it), `explicit` (serves only what is pinned to it), `find-links` or `trusted` (a
    host whose certificate is not checked, and no index that the input names).
    name: what the configuration calls it.
    file: the input that names it.
    pinned: packages are pinned to it by name.
    public: it is the public index, or a mirror that the user named.
    beside_public: packages of the same input may come from the public index as well, and nothing pins them apart.
    hashed: every requirement of the input carries hashes.
    insecure: it is asked over plain http.
    trusted_host: its certificate is not checked.
    credentials: a user or password stands in the file.
    """

    url: str
    host: str = ""
    role: Literal["primary", "extra", "explicit", "find-links", "trusted"] = "primary"
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
    """A requirement as a file writes it.

    name: canonical.
    source: where it comes from.
    specifier: PEP 440, as written.
    pinned: it takes one version, or a full commit of a repository.
    floating: nothing bounds its version from above.
    wildcard: it takes any version that begins as given (`==1.*`, and `~=1.82`, which is `==1.*` from there on).
    hashed: it carries hashes.
    deploy: the file is one that installs (requirements.txt, Dockerfile), not one that declares.
    host, repository: of a direct reference.
    revision: the branch, tag or commit of a repository, "" where none is named.
    insecure: it is fetched over plain http or git.
    public_name: the public index has a project of this name; None where that is not known.
    own_repository: the reference is to a repository that the public project links to; None where that is not known.
    hidden: the line holds a run of blanks that moves text out of sight.
    """

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
    revision: str = ""
    insecure: bool = False
    public_name: bool | None = None
    own_repository: bool | None = None
    hidden: bool = False


@value
class PinningFacet:
    """A file that installs, as a whole, or many of one folder.

    file: its path, or that of the folder.
    requirements: how many it has.
    unpinned: names without an exact version, which no lock beside the file and no constraint gives one; installers (pip,
    uv ...) are left out.
    open: a line of it leaves a version open.
    unhashed: names without hashes.
    any_hashed: at least one has them; pip then wants them of all.
    """

    file: str
    requirements: int = 0
    unpinned: tuple[str, ...] = ()
    unhashed: tuple[str, ...] = ()
    any_hashed: bool = False
    open: bool = False


@value
class OriginFacet:
    """The index a package is locked from.

    index: its host.
    public: it is the public index.
    shared: other indexes of the input could serve the package as well.
    twin: the public index has a project of the same name; None where that is not known.
    hashed: the lock has hashes of its files.
    strange_hosts: hosts of locked files that are not those the index serves its files from.
    other_files: locked files that are named after another project or release.
    private: the index that the configuration says the name belongs to; "" where the name is not private.
    astray: other places that the private name comes from, or may come from; None where that is not known.
    refused: indexes it may come from that the configuration does not allow; None where that is not known.
    """

    index: str = ""
    public: bool = True
    shared: bool = False
    twin: bool | None = False
    hashed: bool = False
    strange_hosts: tuple[str, ...] = ()
    other_files: tuple[str, ...] = ()
    private: str = ""
    astray: tuple[str, ...] | None = ()
    refused: tuple[str, ...] | None = ()
