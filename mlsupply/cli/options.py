"""The options of a run, declared once: click makes its parameters from them, and plain command lines are read without click.

Importing click and making its parameters costs a fifth of an audit of a hundred packages. `typed` reads command lines that
leave nothing to explain; help, mistakes and rare ways to write an option are left to click.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

from mlsupply.errors import EXIT_CLEAN, EXIT_INCOMPLETE
from mlsupply.hints import Any, TypeVar
from mlsupply.named import NamedTuple

Verb = TypeVar("Verb", bound=Callable[..., Any])


class Option(NamedTuple):
    """flags: as typed, `("-o", "--output")`; parameter: what the verb calls it; metavar: what stands for its value in the
    help; choices: the values there are; one with neither is a switch. multiple: may be given again and again."""

    flags: tuple[str, ...]
    parameter: str
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    multiple: bool = False

    @property
    def is_switch(self) -> bool:
        return not (self.metavar or self.choices)

    @property
    def default(self) -> object:
        """What the verb gets where it is not given."""
        if self.is_switch:
            return False
        return () if self.multiple else None if self.choices else ""


RUN = (
    Option(("--env",), "environment", "Read an installed environment from disk instead.", "PATH"),
    Option(("--offline",), "offline", "Do not use the network."),
    Option(("--no-resolve",), "no_resolve", "Do not resolve what is not locked."),
    Option(("--python",), "python", "Resolve for this Python, e.g. 3.12.", "VERSION"),
    Option(("--platform",), "platforms", "Resolve for this platform; repeatable.", "TRIPLE", multiple=True),
    Option(("--extra",), "extras", "Resolve with this extra; repeatable.", "NAME", multiple=True),
    Option(("--group",), "groups", "Resolve with this dependency group; repeatable.", "NAME", multiple=True),
    Option(("--exclude-newer",), "exclude_newer", "Resolve as if it were this time (RFC 3339 or a date).", "TIME"),
    Option(("--index-url",), "index_url", "Index to ask instead of the project's own.", "URL"),
    Option(("--feed",), "feed", "Advisory data to use. Default: auto.", choices=("auto", "embedded", "local", "live")),
    Option(("--feed-url",), "feed_url", "OSV API to ask instead of the public one.", "URL"),
    Option(("--no-progress",), "no_progress", "Show no progress on stderr."),
    Option(("--config",), "config", "Configuration, instead of the project's own.", "FILE"),
    Option(("--rules",), "rule_folders", "Folder of your own rules to use as well; repeatable.", "DIR", multiple=True),
)
"""Of every verb that reads or audits a project."""
JUDGING = ("feed", "feed_url", "rule_folders")
"""Parameters of `RUN` that mean something only where there is a judgement."""
RESOLVING = ("environment", "no_resolve", "python", "platforms", "extras", "groups", "exclude_newer")
"""Those that mean something only where a project is read."""


INCOMPLETE = Option(
    ("--incomplete",),
    "incomplete",
    "Exit code of a run that found nothing but could not check everything: 3 (fail, the default) or 0 (warn). The report is "
    "the same.",
    choices=("fail", "warn"),
)


def verbose(words: str) -> Option:
    """`-v`, of every verb that shortens what it tells. words: what it shows."""
    return Option(("-v", "--verbose"), "verbose", words)


def settled(code: int, incomplete: object) -> int:
    """The exit code of a run that ended with `code`. incomplete: the value of `INCOMPLETE`."""
    return EXIT_CLEAN if code == EXIT_INCOMPLETE and incomplete == "warn" else code


def output(words: str) -> Option:
    """`-o`, of every verb that writes reports. words: which formats there are, and what is written without it."""
    return Option(("-o", "--output"), "outputs", words, "FORMAT[=FILE]", multiple=True)


def with_output(words: str) -> Callable[[Verb], Verb]:
    """A decorator that gives a click command `-o`."""
    return with_options((output(words),))


def with_options(wanted: Iterable[Option], hidden: Container[str] = ()) -> Callable[[Verb], Verb]:
    """A decorator that gives a click command these options, shown in this order. hidden: parameters that it accepts, as all
    verbs do, but does not show because they change nothing."""
    import click

    def decorate(verb: Verb) -> Verb:
        for option in reversed(tuple(wanted)):
            kind: dict[str, Any] = {"is_flag": True, "hidden": option.parameter in hidden}
            if not option.is_switch:
                kind["is_flag"] = False
                kind |= {"type": click.Choice(option.choices) if option.choices else None, "metavar": option.metavar or None}
                kind |= {"multiple": True} if option.multiple else {"default": option.default}
            verb = click.option(*option.flags, option.parameter, help=option.help, **kind)(verb)
        return verb

    return decorate


def typed(arguments: Sequence[str], known: Iterable[Option]) -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """(the arguments, the value of every option by its parameter), just as click reads them; None where click has to."""
    known = tuple(known)
    by_flag = {flag: option for option in known for flag in option.flags}
    values: dict[str, Any] = {option.parameter: option.default for option in known}
    others: list[str] = []
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            others.append(word)
            continue
        flag, equals, value = word.partition("=")
        option = by_flag.get(flag)
        if option is None or (equals and (option.is_switch or not flag.startswith("--"))):
            return None
        if option.is_switch:
            values[option.parameter] = True
            continue
        if not equals:
            value = next(words, "-")
            if value.startswith("-"):
                return None
        if option.choices and value not in option.choices:
            return None
        values[option.parameter] = (*values[option.parameter], value) if option.multiple else value
    return tuple(others), values
