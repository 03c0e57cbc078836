"""Where the programs that download put what they fetch: the output options of curl, wget and their kind, the name within the
address where there is none, and the last argument of programs that copy from elsewhere (`scp`, `aws s3 cp`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mlsupply.evidence.python.commands.command_line import MAX_PARTS, CommandLine
from mlsupply.evidence.python.commands.shell import MAX_LINE
from mlsupply.evidence.python.values.value import HOLE, Value, constant, text_of
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple


class _Program(NamedTuple):
    """The options of a program. output: that name the file; folder: that name the folder of it; values: letters of short
    options that take a value, so that nothing behind them in a word is an option; by_name: whether its name is taken from
    the address unasked; asks_name: options that ask for that."""

    output: frozenset[str]
    folder: frozenset[str] = frozenset()
    values: str = ""
    by_name: bool = True
    asks_name: frozenset[str] = frozenset()


_PROGRAMS = {
    "curl": _Program(
        frozenset({"-o", "--output"}),
        frozenset({"--output-dir"}),
        "AbcCdDeEFhHKmPQrtTuUwxXyYz",
        by_name=False,
        asks_name=frozenset({"-O", "--remote-name", "--remote-name-all"}),
    ),
    "wget": _Program(frozenset({"-O", "--output-document"}), frozenset({"-P", "--directory-prefix"}), "aAeiIlotQRTUwX"),
    "aria2c": _Program(frozenset({"-o", "--out"}), frozenset({"-d", "--dir"}), "ijkmsStTxZ"),
    "axel": _Program(frozenset({"-o", "--output"}), values="snHUNT"),
    "fetch": _Program(frozenset({"-o"}), values="BSTNw"),
    "ftp": _Program(frozenset({"-o"}), values="cDkNPrsTuUw"),
    "http": _Program(frozenset({"-o", "--output"}), values="apsA", by_name=False, asks_name=frozenset({"-d", "--download"})),
}
_ALSO = {"https": "http", "xh": "http", "xhs": "http", "wget2": "wget", "curlie": "curl"}
_COPIES = expression(
    r"(?:^|[/ ])(?:scp|rsync|sftp|aws s3 (?:cp|sync|mv)|gsutil (?:-m )?(?:cp|rsync)|gcloud storage (?:cp|rsync)|"
    r"s3cmd (?:get|sync)|s5cmd (?:\S+ )?cp|mc (?:cp|mirror)|rclone (?:copy|copyto|sync)|azcopy (?:copy|sync))\s"
)
_ELSEWHERE = re.compile(r"(?:[\w.\0-]+@)?[\w.\0-]{2,200}:(?!\\)")
_OF_HUB = expression(
    r"(?:^|[/ ])(?:huggingface-cli|hf|modelscope|kaggle datasets|kaggle kernels|gh release) (?:download|output)\s"
)
_HUB_FOLDER = frozenset({"--local-dir", "--local_dir", "--cache-dir", "-p", "--path", "-D", "--dir"})
_POWERSHELL = expression(
    r"(?i)(?:\b(?:invoke-webrequest|iwr|invoke-restmethod|irm|start-bitstransfer)\b|(?:powershell|pwsh)\b[^\n]{0,400}?\b(?:wget|curl)\b)[^\n|;]{0,400}?"
    r"\s-(?:o(?:utfile|utf|ut)?|dest(?:ination)?)[ :]+[\"']?(?P<path>[^\s\"';|)]{2,200})|"
    r"\.downloadfile\(\s*[\"'][^\"'\n]{3,400}[\"']\s*,\s*[\"']?(?P<second>[^\s\"';|)]{2,200})"
)
_WINDOWS = expression(r"\b(?:bitsadmin|certutil)\b[^\n|;&]{0,200}?https?://\S{3,300} [\"']?(?P<path>[\w.~/\\:%\0-]{3,200})")
_TEE = expression(
    r"\b(?:curl|wget|fetch|aria2c)\b[^;&\n]{0,400}\|\s*(?:sudo )?tee (?:-a )?[\"']?(?P<path>[^\s\"';|&)>]{2,200})"
)
_ENDS = re.compile(r"\n|\|+|;|&+")
_NAME = re.compile(r"[a-z][\w+.-]{1,10}://[^\s?#]{1,500}/([^\s/?#]{1,200})(?:[?#]\S*)?$")
_PROGRAM = re.compile(r"(?:.*[/\\])?([\w-]{1,20}?)(?:\.exe)?$")
_BEFORE = frozenset(
    {"sudo", "env", "exec", "command", "nohup", "time", "timeout", "nice", "then", "do", "if", "!", "{", "("}
)


def saved(line: CommandLine) -> Iterator[Value]:
    """The paths of the files, and with `/` at their end of the folders, that a command line puts what it fetches into. Those
    that stand as words of their own are these words."""
    parts = line.parts[:MAX_PARTS]
    if len(parts) > 1:
        yield from _of_command(parts)
    for command in _ENDS.split(line.text[:MAX_LINE] if len(parts) <= 1 or _runs_text(parts) else ""):
        yield from _of_command([constant(word.strip("\"'()")) for word in command.split()[:MAX_PARTS]])
    for pattern in (_POWERSHELL, _WINDOWS, _TEE):
        for found in pattern.finditer(line.text[:MAX_LINE]):
            yield constant(next(one for one in found.groups() if one))


def _runs_text(parts: Sequence[Value]) -> bool:
    return any(text_of(part) in {"-c", "/c", "-lc", "-ec", "/C"} for part in parts[:4])


def _of_command(parts: Sequence[Value]) -> Iterator[Value]:
    words = [text_of(part) for part in parts]
    for place, word in enumerate(words[:8]):
        if place and words[0] not in _BEFORE:
            break
        named = _PROGRAM.fullmatch(word)
        name = named[1] if named else ""
        if (program := _PROGRAMS.get(_ALSO.get(name, name))) is not None:
            yield from _of_program(program, parts[place + 1 :], words[place + 1 :])
            return
    text = " ".join(words) + " "
    if _OF_HUB.search(text):
        folders = [after for option, after in pairwise(words) if option in _HUB_FOLDER]
        yield from (constant(folder.rstrip("/") + "/") for folder in folders)
    elif _COPIES.search(text):
        places = [at for at, word in enumerate(words) if at and not word.startswith("-")]
        if places and any(_ELSEWHERE.match(words[at]) for at in places[:-1]) and not _ELSEWHERE.match(words[places[-1]]):
            target = parts[places[-1]]
            yield target
            yield constant(text_of(target).rstrip("/") + "/")


def _of_program(program: _Program, parts: Sequence[Value], words: Sequence[str]) -> Iterator[Value]:
    """Of the words behind the name of the program."""
    folder, names, asked, found = "", list[str](), program.by_name, list[Value]()
    at = 0
    while at < len(words):
        word, at = words[at], at + 1
        option, value = _option(program, word)
        takes = option in program.output or option in program.folder or option[1:2] in {*program.values}
        given = parts[at] if takes and not value and at < len(parts) else constant(value)
        at += takes and not value
        if option in program.folder:
            folder = text_of(given).rstrip("/") + "/"
        elif option in program.output:
            found.append(given)
        elif not option and (name := _NAME.match(word)):
            names.append(name[1])
        asked = asked or option in program.asks_name
    for one in found:
        if text_of(one) not in {"-", "/dev/null", "/dev/stdout"}:
            yield constant(folder + text_of(one)) if folder else one
    if asked and not found:
        yield from (constant(folder + name) for name in names)


def _option(program: _Program, word: str) -> tuple[str, str]:
    """The option of these that a word holds, and what is written in the word behind it: `-qO`, `-o/tmp/x`, `--output=x`. ""
    for other words."""
    if word.startswith("--"):
        name, _, value = word.partition("=")
        return name, value
    if not word.startswith("-") or HOLE in word[:3]:
        return "", ""
    for place, letter in enumerate(word[1:20], 1):
        option = "-" + letter
        if option in program.output or option in program.folder or letter in program.values:
            return option, word[place + 1 :]
        if option in program.asks_name:
            return option, ""
    return word[:2], ""
