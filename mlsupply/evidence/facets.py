"""What the probes say of an archive and of the code in it: facts, never verdicts. Their fields are what rules speak of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When a piece of code runs, earliest first: the same call is worth more the earlier it runs."""

    INSTALL = "install"  # setup.py, a build backend in the tree
    START = "start"  # .pth lines, sitecustomize: whenever any Python starts
    IMPORT = "import"  # module level of a module
    SCRIPT = "script"  # console scripts, __main__, conftest and other tests
    CALL = "call"  # only when somebody calls it

    @property
    def rank(self) -> int:
        """4 for install down to 0 for call."""
        return 4 - list(Moment).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFact:
    """An oddity of a container or of a member in it.

    kind: absolute-name, parent-name, unprintable-name, long-name, duplicate-name, duplicate-same (with the same content),
    case-collision, link, link-outside, special-file, encrypted, corrupt, bomb, leading-data, hidden-bytes, trailing-data,
    header-disagrees, not-in-record, record-missing-file, record-size, record-hash, record-broken, digest-differs,
    executable-out-of-place, executable-beside (native libraries), type-differs,
    overrides-source (compiled Python; detail: the source); member: path; detail: one phrase.
    """

    kind: str
    member: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFact:
    """One thing a piece of code does, with where its data comes from and goes to.

    behaviour: sends, runs-decoded, runs-downloaded, runs-dropped, runs-bundled, remote-control, runs-command, executes,
        persists, hides-name, injects, evades, destroys, mines, spies, redirects, installs-package, hidden-code, far-right,
        singles-out, contacts, opens-host, looses-agent, publishes, start-hook, bidi, model-runs-code, agent-command,
        agent-order, trusts-anybody, shows-password, spells-out, foreign-code, build-command, build-include, kernel-command,
        plot-backend;
    variant: which form of the behaviour it is, where rules tell several apart: of runs-downloaded `piped` (to an interpreter
        at once), of runs-decoded `document` (code in a text for people) and `command` (hidden in what a function is given),
        of runs-bundled `python` and `disguised` (modules or a library under the name of other data), of hidden-code
        `object-file`, of looses-agent `seeks-secrets`, of persists `agent` (an agent or editor reads it), `ssh-hosts` and
        `others-key` (somebody else can sign in), of model-runs-code `beside` (a link to a file in the same folder) and
        `names` (a YAML tag that names something and calls at most a `test_…`), of remote-control `served` (a server's
        handler gives the connection to a program that the code does not name), `request` (what a request brings is run
        by the function that answers it) and `any-request` (by one that an application calls with every request);
        of executes and runs-command `unread` (nothing of the text or command is known, nor where it is from), of executes
        `any-object` (a text is read with a loader that calls whatever it names);
        of destroys `store` (a database, and no files), `moved` (files are moved away or locked), `moved-all` (all that is
        in the home), `memory` (it is filled), `everything` (the home folder or a disk as a whole, or all that is found
        there), `shredded` (overwritten with bytes that say nothing, or emptied) and `dated` (from a certain day on);
        of publishes `everything` (all that an account holds is shown to everybody);
    moment: when it runs;
    member: the file; line: in it; scope: the function it is written in, "" for module level;
    source: kind of the worst data that flows in (`knowledge.KINDS`); secrets: how many different ones;
    sink: dotted name of what is called; hidden: this name was computed;
    destination: `fixed` (written in the code), `chat` (a hard-coded webhook or bot), `metadata`, `local`, `given` (a
        parameter or setting), `maker` (of what is run: where the maker of a well-known tool keeps it; of what opens an
        account: the service itself) or "";
    position: where in a request the data is: `body`, `address`, `header`, `unread` (in a header, and nobody reads
        the answer), `name`, `cookies` (for a site that the user names) or "";
    layers: encodings undone to see it, outermost first; decoded: what they gave, made safe;
    verified: what was downloaded is compared with a digest first;
    asked: the user is asked whether it shall run, or for the secret that is sent, or what is installed was found missing
        first;
    silent: output is thrown away or errors are swallowed;
    detail: one phrase for people;
    chain: the way from source to sink, in words.
    """

    behaviour: str
    moment: Moment
    member: str
    line: int
    scope: str = ""
    source: str = ""
    secrets: int = 0
    sink: str = ""
    destination: str = ""
    position: str = ""
    layers: tuple[str, ...] = ()
    hidden: bool = False
    verified: bool = False
    asked: bool = False
    silent: bool = False
    variant: str = ""
    detail: str = ""
    decoded: str = ""
    chain: tuple[str, ...] = ()

    @property
    def deed(self) -> tuple[object, ...]:
        """What two facts have in common that report the same deed, reached in different ways."""
        return (
            self.behaviour, self.member, self.line, self.source, self.sink, self.destination, self.position, self.detail
        )  # fmt: skip
