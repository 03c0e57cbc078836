"""The judge of the symbolic pickle machine: what each import, call and change would do. Nothing is imported or called.

A name that is merely referenced is data; a call is judged by the callable's standing and by what it is handed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlsupply.evidence.models.constructing import constructs
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, Span
from mlsupply.evidence.models.names import words
from mlsupply.evidence.models.names_hostile import ESCAPES, VERBS
from mlsupply.evidence.models.standing import BY_NAME, CONSTRUCTOR, Standing, acts, is_stdlib, resolve, standing, top
from mlsupply.evidence.models.values import BUFFER, UNKNOWN, Blob, Global, Made, Opaque

Nested = Callable[[Span, str], None]
"""Looks at bytes a stream would unpickle; the words say how they are reached."""

_LOADERS = words(
    """
    pickle.loads pickle.load pickle._loads pickle._load pickle.Unpickler pickle._Unpickler dill.loads dill.load
    dill._dill.loads cloudpickle.loads cloudpickle.load joblib.load joblib.numpy_pickle.load torch.load
    torch.serialization.load numpy.load pandas.read_pickle pandas.io.pickle.read_pickle marshal.loads
    torch.storage._load_from_bytes jsonpickle.decode torch.jit.load
    torch.multiprocessing.reductions.ForkingPickler.loads multiprocessing.reduction.ForkingPickler.loads
    srsly.pickle_loads ray.cloudpickle.loads pandas.compat.pickle_compat.loads
    """
)
# modules that act when they are imported; so does every package's `__main__` that is not guarded
_IMPORT_ACTS = words("antigravity this __phello__ __hello__ idlelib.idle test.autotest test.regrtest turtledemo.__main__")
_PROGRAM = ".__main__"
_HOLDS_BYTES = frozenset({"builtins.bytes", "builtins.bytearray", "io.BytesIO", "builtins.memoryview"})
_REAL_PARTIAL = frozenset({"partial", "partialmethod"})
_GENERIC = frozenset({"typing", "collections.abc", "collections", "builtins"})
_WALK = 3_000_000  # values of argument lists looked through for callables, in all


class Judge:
    """Judges one stream. storages: torch's storage keys -> bytes an element. torch: persistent ids are storages, as
    torch's unpicklers read them; script: names below `__torch__` are compiled classes."""

    def __init__(self, look: Look, nested: Nested, *, torch: bool = False, script: bool = False) -> None:
        self._look = look
        self._nested = nested
        self._torch = torch
        self.storages: dict[str, int] = {}
        self._left = _WALK
        self._script = script

    def reference(self, module: str, name: str, offset: int) -> Global:
        """A name is imported."""
        module, name = resolve(module, name)
        found = Global(module, name, offset)
        if module in _IMPORT_ACTS or module.endswith(_PROGRAM):
            self._look.block(Cause.CALL, f"importing {module} acts", offset)
        elif self._compiled(found):
            return found
        else:
            self._refer(found)
        return found

    def _refer(self, found: Global) -> None:
        if str(found) in _SPECIAL:
            return
        how, why = standing(found.module, found.name)
        if how is Standing.UNKNOWN and not is_stdlib(found.module) and why.startswith("belongs to no library"):
            detail = f"imports {found}, of a library the lists do not know"
            self._look.doubt(Cause.UNKNOWN, detail, found.offset)
        elif how is Standing.DANGEROUS and _acts(found):
            self._look.doubt(Cause.REFERENCE, f"refers to {found}, which {why}", found.offset)

    def _compiled(self, found: Global) -> bool:
        return self._script and top(found.module) == "__torch__"

    def call(self, target: object, args: object, offset: int, *, new: bool = False) -> object:
        """`target(*args)`, or with `new` `target.__new__(target, *args)`; gives the value the stack gets."""
        if isinstance(target, Made):
            return self._call_made(target, args, offset)
        if not isinstance(target, Global):
            self._look.doubt(Cause.MALFORMED, "calls something that is not a name", offset)
            return UNKNOWN
        if self._compiled(target):
            return Made(target, args, offset)
        path = f"{target.module}.{target.name}"
        if special := _SPECIAL.get(path):
            return special(self, target, args, offset)
        if path in _LOADERS:
            return self._load(target, args, offset)
        return self._plain(target, args, offset, new=new)

    def _plain(self, target: Global, args: object, offset: int, *, new: bool) -> object:
        how, why = standing(target.module, target.name, new=new)
        made = Made(target, args, offset)
        if how is Standing.DANGEROUS:
            self._look.block(Cause.CALL, f"calls {target}{_shown(args)}, which {why}", offset)
        elif how is Standing.UNKNOWN and not (why == CONSTRUCTOR and constructs(target, args)):
            self._look.doubt(Cause.UNKNOWN, f"{'creates' if new else 'calls'} {target}{_shown(args)}, which {why}", offset)
        elif how is Standing.CALLER:
            self._call_handed(target, args, offset)
            return made
        self._handed(target, args, offset)
        if f"{target.module}.{target.name}" in _HOLDS_BYTES:
            return self._first_bytes(args) or made
        return made

    def _call_made(self, target: Made, args: object, offset: int) -> object:
        """The result of a call is called: a partial, an attribute, an unknown."""
        maker = target.maker
        if isinstance(maker, Global) and maker.name in _REAL_PARTIAL and isinstance(target.args, tuple) and target.args:
            return self.call(target.args[0], args, offset)
        if isinstance(maker, Global) and maker.module == "operator":
            self._look.block(Cause.CALL, f"calls what {maker}{_shown(target.args)} gives", offset)
        else:
            self._look.doubt(Cause.UNKNOWN, f"calls the result of {_label(maker)}", offset)
        self._handed(maker if isinstance(maker, Global) else Global("", "call"), args, offset)
        return Made(target, args, offset)

    def _call_handed(self, target: Global, args: object, offset: int) -> None:
        """`map(f, ...)` calls f now; `partial(f, ...)` keeps it for later."""
        if not any(isinstance(value, Global | Made) for value in self._flat(args)):
            self._look.doubt(Cause.MALFORMED, f"{target} is handed nothing that can be called", offset)
        for value in self._globals(args):
            how, why = standing(value.module, value.name)
            later = target.name in _REAL_PARTIAL
            if how is Standing.DANGEROUS and later and why == BY_NAME and not _acts(value):
                continue  # kept, not called, and nothing but a word of its name speaks against it
            if how is Standing.DANGEROUS:
                self._look.block(Cause.CALL, f"{target} is handed {value}, which {why}", offset)
            elif not later and how is not Standing.SAFE:
                self._look.doubt(Cause.UNKNOWN, f"{target} is handed {value}, which {why}", offset)

    def _handed(self, target: Global, values: object, offset: int) -> None:
        for value in self._globals(values):
            how, why = standing(value.module, value.name)
            if how is Standing.DANGEROUS and _acts(value):
                self._look.block(Cause.CALL, f"{target} is handed {value}, which {why}", offset)

    def _load(self, target: Global, args: object, offset: int) -> object:
        """The stream unpickles bytes it carries: they are looked at as well."""
        carried = self._first_bytes(args)
        if isinstance(carried, Blob):
            self._nested(carried.span, f"{target} at {offset}")
        elif isinstance(carried, bytes):
            self._nested(Span.of(carried), f"{target} at {offset}")
        if carried is None or str(target) == "marshal.loads":
            self._look.block(Cause.CALL, f"calls {target}{_shown(args)}, which loads further code or pickles", offset)
        elif str(target) != "torch.storage._load_from_bytes":
            self._look.doubt(Cause.UNKNOWN, f"calls {target} on bytes it carries", offset)
        return Made(target, args, offset)

    def build(self, target: object, state: object, offset: int) -> None:
        """State is handed to `__setstate__`, or attributes are set."""
        if isinstance(target, Global) and not self._compiled(target):
            self._look.block(Cause.CALL, f"sets attributes of {target} itself, which all code shares", offset)
        elif isinstance(target, Made) and isinstance(target.maker, Global):
            if target.maker.name in _REAL_PARTIAL:
                self._call_handed(target.maker, state, offset)
            self._handed(target.maker, state, offset)

    def change(self, target: object, values: list[object], offset: int) -> None:
        """Items are set on, or appended to, something that is not a plain container."""
        if isinstance(target, Global):
            self._look.block(Cause.CALL, f"puts items into {target}, which all code shares", offset)
        elif isinstance(target, Made) and isinstance(target.maker, Global):
            self._handed(target.maker, values, offset)

    def persistent(self, key: object, offset: int) -> object:
        """A persistent id: a storage in torch's files, otherwise nothing a plain loader can resolve."""
        if self._torch and isinstance(key, tuple) and len(key) > 1 and key[0] == "module":
            return key[1]  # the class; its source stands behind it, for a warning
        if self._torch and isinstance(key, tuple) and key and key[0] == "storage":
            if len(key) > 2:
                self.storages[str(key[2])] = item_size(key[1])
            return Made(Global("torch", "UntypedStorage", offset), key, offset)
        self._look.doubt(Cause.UNKNOWN, "a persistent id, which the loading program resolves as it likes", offset)
        return UNKNOWN

    def extension(self, code: int, offset: int) -> object:
        """An EXT code nobody in the stream registered: what it stands for cannot be known."""
        self._look.doubt(Cause.UNKNOWN, f"extension code {code}, which means what the loading program registered", offset)
        return UNKNOWN

    def special_new(self, target: Global, args: object, offset: int) -> object:
        """`copyreg._reconstructor(cls, base, state)` and `copyreg.__newobj__(cls, *args)`."""
        if not isinstance(args, tuple) or not args:
            self._look.doubt(Cause.MALFORMED, f"calls {target} without a class", offset)
            return UNKNOWN
        self._handed(target, args[1:], offset)
        return self.call(args[0], args[1:], offset, new=True)

    def special_getattr(self, target: Global, args: object, offset: int) -> object:
        """`getattr(thing, name)`: the result is the dotted name."""
        if not isinstance(args, tuple) or len(args) < 2 or not isinstance(args[1], str):
            self._look.doubt(Cause.UNKNOWN, "reads an attribute whose name is not constant", offset)
            return UNKNOWN
        thing, name = args[0], args[1]
        if any(part in ESCAPES for part in name.split(".")):
            self._look.block(Cause.CALL, f"reads the attribute {name}, which reaches into the interpreter", offset)
        if not isinstance(thing, Global):
            return Made(target, args, offset)
        found = Global(*resolve(thing.module, f"{thing.name}.{name}"), offset)
        if standing(found.module, found.name)[0] is Standing.DANGEROUS and _acts(found):
            self._look.block(Cause.CALL, f"reads {found}", offset)
        return found

    def special_encode(self, target: Global, args: object, offset: int) -> object:
        """Protocol 2 writes bytes as `_codecs.encode(text, "latin1")`."""
        if isinstance(args, tuple) and len(args) == 2 and args[1] in {"latin1", "latin-1"}:
            if isinstance(args[0], str):
                return args[0].encode("latin-1", "replace")
            return args[0] if isinstance(args[0], Blob) else BUFFER
        self._look.doubt(Cause.UNKNOWN, f"calls {target}{_shown(args)} with another codec than latin1", offset)
        return UNKNOWN

    def special_rebuild(self, target: Global, args: object, offset: int) -> object:
        """torch's `_rebuild_from_type_v2(function, type, args, state)` calls the function."""
        if isinstance(args, tuple) and len(args) >= 3 and isinstance(args[0], Global | Made):
            self.call(args[0], args[2], offset)
            self._handed(target, args[3:], offset)
        else:
            self._look.doubt(Cause.MALFORMED, f"calls {target} with other arguments than torch writes", offset)
        return Made(target, args, offset)

    def special_getter(self, target: Global, args: object, offset: int) -> object:
        """`attrgetter(name)` alone is data; it is judged again when it is called."""
        if any(isinstance(arg, str) and set(arg.split(".")) & ESCAPES for arg in self._flat(args)):
            self._look.block(Cause.CALL, f"builds {target}{_shown(args)}, which reaches into the interpreter", offset)
        elif target.name == "methodcaller" and _acting_words(args):
            self._look.doubt(Cause.UNKNOWN, f"builds {target}{_shown(args)}", offset)
        return Made(target, args, offset)

    def special_getitem(self, target: Global, args: object, offset: int) -> object:
        """`operator.getitem` of a container in the stream is looked up, as names are hidden so; `List[int]` is written
        as `getitem(typing.List, int)`."""
        if isinstance(args, tuple) and args and isinstance(args[0], Global) and args[0].module in _GENERIC:
            return Made(target, args, offset)
        self._look.doubt(Cause.UNKNOWN, f"calls {target}, which nothing ordinary writes", offset)
        if not (isinstance(args, tuple) and len(args) == 2 and isinstance(args[0], tuple | list)):
            return Made(target, args, offset)
        items, key = args
        if isinstance(key, int) and -len(items) <= key < len(items):
            return items[key]
        pairs = {name: value for name, value in zip(items[::2], items[1::2], strict=False) if isinstance(name, str | int)}
        return pairs.get(key, UNKNOWN) if isinstance(key, str | int) else UNKNOWN

    def special_type(self, target: Global, args: object, offset: int) -> object:
        """`type(None)` is how pickle writes NoneType; with three arguments it makes a class."""
        if not isinstance(args, tuple) or len(args) != 1:
            self._look.doubt(Cause.UNKNOWN, "makes a class", offset)
            self._handed(target, args, offset)
        return Made(target, args, offset)

    def _flat(self, values: object) -> Iterator[object]:
        """The values of nested containers, depth first and each container once; what exceeds the budget is reported."""
        stack: list[object] = [values]
        seen: set[int] = set()
        while stack:
            value = stack.pop()
            if self._left <= 0:
                self._look.doubt(
                    Cause.LIMIT, f"calls are handed more than {_WALK:,} values; the rest was not looked through"
                )
                return
            self._left -= 1
            if isinstance(value, tuple | list) and not isinstance(value, Global | Blob | Made):
                if id(value) not in seen:
                    seen.add(id(value))
                    stack.extend(reversed(value))
                continue
            yield value
            if isinstance(value, Made) and isinstance(value.maker, Global) and value.maker.name in _REAL_PARTIAL:
                stack.append(value.args)

    def _globals(self, values: object) -> Iterator[Global]:
        return (value for value in self._flat(values) if isinstance(value, Global))

    def _first_bytes(self, args: object) -> bytes | Blob | None:
        return next((value for value in self._flat(args) if isinstance(value, bytes | Blob)), None)

    def special_bytes_io(self, target: Global, args: object, offset: int) -> object:
        """`io.BytesIO(data)`: the bytes themselves, which may be looked into."""
        return self._first_bytes(args) or Made(target, args, offset)


_SPECIAL: dict[str, Callable[[Judge, Global, object, int], object]] = {
    "copyreg._reconstructor": Judge.special_new,
    "copyreg.__newobj__": Judge.special_new,
    "copyreg.__newobj_ex__": Judge.special_new,
    "builtins.getattr": Judge.special_getattr,
    "codecs.encode": Judge.special_encode,
    "torch._tensor._rebuild_from_type_v2": Judge.special_rebuild,
    "torch._tensor._rebuild_from_type": Judge.special_rebuild,
    "torch.tensor._rebuild_from_type": Judge.special_rebuild,
    "operator.attrgetter": Judge.special_getter,
    "operator.methodcaller": Judge.special_getter,
    "builtins.type": Judge.special_type,
    "operator.getitem": Judge.special_getitem,
    "io.BytesIO": Judge.special_bytes_io,
    "io.StringIO": Judge.special_bytes_io,
}


_ITEM_SIZES = {
    "Double": 8,
    "Float": 4,
    "Half": 2,
    "BFloat16": 2,
    "Long": 8,
    "Int": 4,
    "Short": 2,
    "Char": 1,
    "Byte": 1,
    "Bool": 1,
}
_ITEM_SIZES |= {"ComplexFloat": 8, "ComplexDouble": 16, "QInt8": 1, "QUInt8": 1, "QInt32": 4, "Untyped": 1}


def item_size(storage: object) -> int:
    """Bytes an element of a torch storage class (`FloatStorage`), 1 where the class is not one."""
    if isinstance(storage, Global):
        return _ITEM_SIZES.get(storage.name.rpartition(".")[2].removesuffix("Storage"), 1)
    return 1


def _acting_words(args: object) -> bool:
    """Whether the name of a methodcaller's method suggests that it acts."""
    name = args[0] if isinstance(args, tuple) and args else None
    return not isinstance(name, str) or bool(set(name.strip("_").lower().split("_")) & VERBS)


def _acts(found: Global) -> bool:
    return acts(found.module, found.name)


def _shown(args: object) -> str:
    """Arguments for a reader: short, constants only."""
    if not isinstance(args, tuple) or not args:
        return "()"
    return "(" + ", ".join(_label(arg) for arg in args[:3]) + (", …" if len(args) > 3 else "") + ")"


def _label(value: object) -> str:
    if isinstance(value, str | bytes):
        return repr(value[:60])
    if isinstance(value, Global):
        return str(value)
    if isinstance(value, Made):
        return f"{_label(value.maker)}(…)"
    if value is None or isinstance(value, bool | float):
        return str(value)
    if isinstance(value, int):
        return str(value) if -(10**9) < value < 10**9 else "a number"
    return "…" if isinstance(value, Opaque | Blob) else type(value).__name__
