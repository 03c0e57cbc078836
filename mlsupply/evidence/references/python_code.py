"""References in Python code, read by its syntax tree. Names are resolved through imports, module constants, defaults of
parameters, class attributes, environment defaults and argparse defaults; what stays dynamic is said to be so."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mlsupply.evidence.python.syntax import newer, quietly
from mlsupply.evidence.python.syntax.survey import children
from mlsupply.evidence.references.seen import SECRET, Seen, Unread, reference
from mlsupply.evidence.references.shapes import (
    BY_LAST,
    CLIENT_PARTS,
    DISTRIBUTIONS,
    HINTS,
    LOCAL_BUILDERS,
    RE_EXPORTED,
    Shape,
)
from mlsupply.model import Reason
from mlsupply.text import safe

_MOST = 4 << 20
_CHOICES = 200  # values of a loop
_STEPS = 8  # names followed from one argument


def references_in(source: bytes) -> list[Seen] | Unread:
    """The references of a module, in order; Unread where it cannot be parsed or is too large."""
    if not any(hint in source for hint in HINTS):
        return []
    if len(source) > _MOST:
        return Unread(Reason.TOO_LARGE, f"Python code of {len(source):,} bytes")
    try:
        tree = quietly.tree_of(source)
    except SyntaxError as error:
        return Unread(Reason.MALFORMED, f"not Python: {safe(newer.told(error), 120)}", error.lineno or 0)
    except (ValueError, LookupError, RecursionError, MemoryError) as error:
        return Unread(Reason.MALFORMED, f"not Python: {safe(str(error), 120)}", 0)
    nodes = list(_told_apart(tree))
    scope = _Scope(nodes)
    found: list[Seen] = []
    for node in nodes:
        if type(node) is ast.Call:
            found += _call(node, scope)
    return sorted(found, key=lambda seen: seen.line)


_TOLD = frozenset(
    {
        *(ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.For, ast.comprehension, ast.ClassDef),
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Call),
    }
)


def _told_apart(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes of these types, outer ones first. Most of the time of a large project goes by here: `ast.walk` would take
    three times as long."""
    level: list[ast.AST | None] = [tree]
    while level:
        below: list[ast.AST | None] = []
        for node in level:
            if node is not None:
                if type(node) in _TOLD:
                    yield node
                below += children(node)
        level = below


class _Scope:
    """What the names of a module stand for."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self.imports: dict[str, str] = {}
        self.values: dict[str, ast.expr | None] = {}  # None: assigned more than one thing
        self.choices: dict[str, list[ast.expr]] = {}  # names a loop gives one constant after the other
        self.loops: list[tuple[str, ast.expr]] = []
        self.bases: dict[str, ast.expr] = {}
        for node in nodes:
            self._enter(node)
        for name, values in self.loops:
            named = self.values.get(values.id) if isinstance(values, ast.Name) else values
            if isinstance(named, ast.Tuple | ast.List) and len(named.elts) <= _CHOICES:
                self.choices[name] = named.elts

    def _enter(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                for item in names:
                    self.imports[item.asname or item.name.partition(".")[0]] = (
                        item.name if item.asname else item.name.partition(".")[0]
                    )
            case ast.ImportFrom(module=str(module), names=names):
                self.imports |= {item.asname or item.name: f"{module}.{item.name}" for item in names}
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
            case ast.For(target=ast.Name(id=name), iter=values) | ast.comprehension(target=ast.Name(id=name), iter=values):
                self.loops.append((name, values))
            case ast.ClassDef(name=name, bases=[ast.Name() | ast.Attribute() as base, *_]):
                self.bases[name] = base
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._defaults(node.args)
            case ast.Call(
                func=ast.Attribute(attr="add_argument"), args=[ast.Constant(value=str(name)), *_], keywords=keywords
            ):
                default = next((word.value for word in keywords if word.arg == "default"), None)
                if default is not None:
                    self._set(name.lstrip("-").replace("-", "_"), default)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._set(target.id, value)
        elif isinstance(target, ast.Attribute):
            self._set(target.attr, value)

    def _set(self, name: str, value: ast.expr) -> None:
        before = self.values.get(name, value)
        same = before is value or (before is not None and ast.dump(before) == ast.dump(value))
        self.values[name] = value if same else None

    def _defaults(self, args: ast.arguments) -> None:
        positional = [*args.posonlyargs, *args.args]
        for arg, default in zip(positional[len(positional) - len(args.defaults) :], args.defaults, strict=True):
            self._set(arg.arg, default)
        for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            if value is not None:
                self._set(arg.arg, value)

    def dotted(self, node: ast.expr) -> str:
        """The resolved dotted name of a call's function, "" where it is none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute | ast.Call):
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            else:
                node = node.func
        if not isinstance(node, ast.Name):
            return ""
        base = self.bases.get(node.id)
        if base is not None and not parts and not _mentions(base, node.id):
            return self.dotted(base)  # a class of the project's own is loaded as its base is
        value = self.values.get(node.id)
        if not parts and isinstance(value, ast.Call):
            return ""  # what a call gave is called: `tokenizer(["text"])`
        if node.id not in self.imports and isinstance(value, ast.Call) and len(parts) < 8:
            made = self.dotted(value.func) if not _mentions(value.func, node.id) else ""
            return ".".join([made or node.id, *reversed(parts)])
        return ".".join([self.imports.get(node.id, node.id), *reversed(parts)])

    def constant(self, node: ast.expr | None, steps: int = _STEPS) -> object:
        """The value of an expression where it is constant (or has a constant default), otherwise None."""
        if node is None or steps == 0:
            return None
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            return self.constant(self.values.get(name), steps - 1)
        return self._called(node, steps) if isinstance(node, ast.Call) else self._joined(node, steps)

    def _joined(self, node: ast.expr, steps: int) -> object:
        """`a + b`, `a / b`, f-strings and `a or b` of constants."""
        match node:
            case ast.BinOp(left=left, op=ast.Add() | ast.Div(), right=right):
                one, two = self.constant(left, steps - 1), self.constant(right, steps - 1)
                between = "/" if isinstance(node.op, ast.Div) else ""
                return f"{one}{between}{two}" if isinstance(one, str) and isinstance(two, str) else None
            case ast.JoinedStr(values=values):
                parts = [self.constant(v.value if isinstance(v, ast.FormattedValue) else v, steps - 1) for v in values]
                return "".join(str(part) for part in parts) if all(isinstance(part, str | int) for part in parts) else None
            case ast.BoolOp(op=ast.Or(), values=values):
                return next((found for value in values if (found := self.constant(value, steps - 1)) is not None), None)
        return None

    def _called(self, node: ast.Call, steps: int) -> object:
        """Defaults: `os.environ.get(name, default)`, `os.getenv`, `Path("x")`, pydantic's and dataclasses' `Field`."""
        name = self.dotted(node.func)
        if name in {"os.environ.get", "os.getenv", "environ.get", "getenv"}:
            return self.constant(node.args[1], steps - 1) if len(node.args) > 1 else None
        if name.rpartition(".")[2] in {"Path", "PosixPath", "str"} and len(node.args) == 1:
            return self.constant(node.args[0], steps - 1)
        if name.rpartition(".")[2] in {"Field", "field", "Option", "Argument"}:
            default = next((word.value for word in node.keywords if word.arg == "default"), None)
            return self.constant(default or (node.args[0] if node.args else None), steps - 1)
        return None


def _mentions(node: ast.expr, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def _call(node: ast.Call, scope: _Scope) -> Iterator[Seen]:
    dotted = "" if isinstance(node.func, ast.Call) else _own_name(scope.dotted(node.func))
    last = dotted.rpartition(".")[2]
    shape = next((shape for shape in BY_LAST.get(last, ()) if _fits(shape, dotted)), None)
    if shape is None:
        return
    words = _keywords(node, scope)
    argument = _argument(node, shape, words)
    more = _more(shape, dotted, words, scope)
    if argument is None and shape.registry != "local":
        argument = next((word.value for word in node.keywords if word.arg is None and _is_open(word.value, scope)), None)
    if argument is not None:
        yield from _given(argument, shape, more, node, scope)
    elif shape.implicit:
        facts = more | {"implicit": True, "pin": "none", "registry": shape.registry or "huggingface"}
        yield Seen(reference("", **facts), node.lineno)


def _given(argument: ast.expr, shape: Shape, more: dict[str, object], node: ast.Call, scope: _Scope) -> Iterator[Seen]:
    """What the argument names: one thing, one of several that a loop goes through, or something only a run would tell."""
    if isinstance(argument, ast.Name) and argument.id in scope.choices and argument.id not in scope.values:
        values = [scope.constant(choice) for choice in scope.choices[argument.id]]
        for value in values if all(isinstance(value, str) for value in values) else ():
            yield from _named(str(value), shape, dict(more), node, scope)
        return
    value = scope.constant(argument)
    if isinstance(value, str):
        yield from _named(value, shape, more, node, scope)
    elif not isinstance(argument, ast.Constant) and shape.registry != "local":
        facts = more | {"constant": False, "expression": safe(ast.unparse(argument), 120), "pin": "not applicable"}
        yield Seen(reference("", **(facts | {"registry": shape.registry or "huggingface"})), node.lineno)
    elif shape.unpickles:
        facts = more | {"registry": "local", "pin": "not applicable", "expression": safe(ast.unparse(argument), 120)}
        yield Seen(reference("", **facts), node.lineno)


def _named(value: str, shape: Shape, more: dict[str, object], node: ast.Call, scope: _Scope) -> Iterator[Seen]:
    """A reference whose name is known."""
    if shape.kind == "dataset" and value in LOCAL_BUILDERS:
        files = next((word.value for word in node.keywords if word.arg == "data_files"), None)
        for part in ast.walk(files) if files else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and "://" in part.value:
                yield Seen(reference(part.value, **more), node.lineno)
        return
    if shape.registry == "torch.hub":
        repository, _, ref = value.partition(":")
        local = scope.constant(_word(node, "source")) == "local"
        more |= {"registry": "local", "pin": "local"} if local else {"revision": ref}
        value = repository
    if shape.registry == "local" and "://" not in value:
        more |= {"registry": "local", "pin": "local"}
    if shape.registry == "timm":
        if not value.startswith(("hf_hub:", "hf-hub:")):
            return
        value, more = value.partition(":")[2], more | {"registry": "huggingface"}
    if shape.registry == "ollama" and ":" in value:
        more |= {"revision": value.partition(":")[2]}
    yield Seen(reference(value, **more), node.lineno)


def _word(node: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in node.keywords if word.arg == name), None)


def _is_open(value: ast.expr, scope: _Scope) -> bool:
    """Whether `**value` may hold the name: it is no table written in this module."""
    known = scope.values.get(value.id) if isinstance(value, ast.Name) else value
    return not (isinstance(known, ast.Dict) or (isinstance(known, ast.Call) and scope.dotted(known.func) == "dict"))


def _own_name(dotted: str) -> str:
    """Cut down to the library where the project reaches it through a name of its own (`util.Library.transformers`)."""
    parts = dotted.split(".")
    at = next((index for index in range(len(parts) - 2, 0, -1) if parts[index] in RE_EXPORTED), 0)
    return ".".join(parts[at:])


def _of_client(dotted: str) -> bool:
    """`self.client.chat.completions.create` and the like."""
    parts = dotted.split(".")[:-1]
    return any(part.rpartition("_")[2] == "client" for part in parts[:3]) and bool(CLIENT_PARTS & set(parts))


def _fits(shape: Shape, dotted: str) -> bool:
    before = dotted.rpartition(".")[0]
    if "client" in shape.roots:
        return _of_client(dotted) or any(before.startswith(f"{root}.") for root in shape.roots if root != "client")
    if shape.last == "from_pretrained" and (".nn." in f"{dotted}." or before.endswith(("Embedding", "EmbeddingBag"))):
        return False  # a layer made of a tensor
    if shape.last in {"load", "create", "completion", "embedding", "download", "pull", "chat", "LLM", "Engine", "Runtime"}:
        if shape.last == "load" and shape.roots != ("torch",) and shape.roots[0] != before:
            return before in shape.roots
        return any(before == root or (before.startswith(f"{root}.") and shape.last != "load") for root in shape.roots)
    if not shape.roots:
        return True
    return any(dotted.startswith(f"{root}.") for root in shape.roots)


def _keywords(node: ast.Call, scope: _Scope) -> dict[str, ast.expr]:
    """The named arguments, those of a constant `**{...}` included."""
    words: dict[str, ast.expr] = {}
    for word in node.keywords:
        if word.arg is not None:
            words[word.arg] = word.value
            continue
        value = scope.values.get(word.value.id) if isinstance(word.value, ast.Name) else word.value
        if isinstance(value, ast.Dict):
            pairs = zip(value.keys, value.values, strict=True)
            words |= {key.value: item for key, item in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        elif isinstance(value, ast.Call) and scope.dotted(value.func) == "dict":
            words |= {inner.arg: inner.value for inner in value.keywords if inner.arg}
    return words


def _argument(node: ast.Call, shape: Shape, words: dict[str, ast.expr]) -> ast.expr | None:
    if (named := next((words[word] for word in shape.keywords if word in words), None)) is not None:
        return named
    if 0 <= shape.position < len(node.args) and not isinstance(node.args[shape.position], ast.Starred):
        return node.args[shape.position]
    return None


def _more(shape: Shape, dotted: str, words: dict[str, ast.expr], scope: _Scope) -> dict[str, object]:
    """The facts beside the name."""
    package = dotted.partition(".")[0]
    facts: dict[str, object] = {"kind": shape.kind, "loader": safe(dotted, 120), "unpickles": shape.unpickles}
    facts["library"] = DISTRIBUTIONS.get(package, package.replace("_", "-"))
    if shape.registry and shape.registry != "local":
        facts["registry"] = shape.registry
    if shape.kind == "file" or shape.registry in {"api", "spacy", "nltk", "tiktoken"}:
        facts["pin"] = "not applicable"
    revision = scope.constant(words.get("revision"))
    facts["revision"] = safe(revision, 100) if isinstance(revision, str) else ""
    if "revision" in words and not facts["revision"]:
        facts["revision"] = safe(ast.unparse(words["revision"]), 60)
    remote = [scope.constant(words.get(word)) for word in ("trust_remote_code", "trust_repo")]
    custom = scope.constant(words.get("custom_pipeline"))
    facts["remote_code"] = any(value is True for value in remote) or isinstance(custom, str)
    for word, name in (("weights_only", "weights_only"), ("use_safetensors", "safetensors")):
        value = scope.constant(words.get(word))
        if isinstance(value, bool):
            facts[name] = str(value).lower()
    if scope.constant(words.get("repo_type")) == "dataset":
        facts["kind"] = "dataset"
    filename = scope.constant(words.get("filename"))
    if isinstance(filename, str) and "." in filename:
        facts["suffix"] = f".{filename.rpartition('.')[2].lower()[:12]}"
    tokens = (scope.constant(words.get(word)) for word in ("token", "use_auth_token", "api_key", "hf_token"))
    facts["token"] = any(isinstance(token, str) and bool(SECRET.search(token)) for token in tokens)
    return facts
