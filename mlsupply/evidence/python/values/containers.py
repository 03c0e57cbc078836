"""Abstract containers: what is put into a list, dict, queue or pipe of the followed program, and what comes out again.

A dict keeps one value for each constant key and one, under HOLE, for all other keys; a list that is not wholly constant
keeps its items. Removing something leaves it in, because the next turn of a loop may find it there."""

from __future__ import annotations

from typing import Any

from mlsupply.evidence.python import places
from mlsupply.evidence.python.values import app_settings, folding, ip_addresses, request_parts
from mlsupply.evidence.python.values.effort import may_hold
from mlsupply.evidence.python.values.entry_names import key_of, name_of
from mlsupply.evidence.python.values.merging import iterated, merged, merged_many
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, constant, layers_of, taint_of, unknown
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

_MAX_ITEMS = 4_096
_MAX_BYTES = 16_384  # of a bytearray that is assembled byte by byte
_QUEUES = frozenset(
    {"queue.Queue", "queue.LifoQueue", "queue.SimpleQueue", "queue.PriorityQueue", "asyncio.Queue", "multiprocessing.Queue"}
)


class Emptied(NamedTuple):
    """A container that something was taken out of, and what it held before."""

    value: Value
    const: Any
    items: list[Value] | None


class Stack(list[Value]):
    """The items of a queue that gives what was put in last."""


class Heap(list[Value]):
    """The items of a queue that gives the least of them."""


# Prefixes of all dotted names that `new` knows.
CONSTRUCTORS = (
    "os.pipe", "socket.socketpair",
    "builtins.dict", "collections.", "types.", "queue.", "asyncio.", "multiprocessing.", "dataclasses.", "attr.", "attrs.",
    "msgspec.",
)  # fmt: skip


def new(ref: str, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """The container that a call of `ref` makes (`dict`, `collections.*`, queues, pipes, `dataclasses.asdict`); None for any
    other dotted name."""
    if ref in {
        "builtins.dict",
        "collections.OrderedDict",
        "collections.Counter",
        "collections.UserDict",
        "types.MappingProxyType",
    }:
        return _dict(args, keywords)
    if ref == "collections.ChainMap":
        return _dict(args[::-1], {})
    if ref == "collections.defaultdict":
        return _with_default(_dict(args[1:], keywords), args[:1])
    if ref == "builtins.dict.fromkeys" and args:
        made = unknown(*args)
        made.keys = {}
        for key in folding.items_of(args[0])[:_MAX_ITEMS]:
            put(made.keys, key, args[1] if len(args) > 1 else constant(None))
        return made
    if ref == "collections.deque":
        return folding.listed(list(folding.items_of(args[0])), args[0].layers, args[0].taint) if args else Value("", [])
    if ref in _QUEUES:
        result = Value("", NOTHING)
        result.items = Stack() if ref == "queue.LifoQueue" else Heap() if ref == "queue.PriorityQueue" else []
        return result
    if ref.startswith("multiprocessing.") and ref.endswith((".Queue", ".SimpleQueue", ".JoinableQueue")):
        return new("queue.Queue", args, keywords)
    if ref in _PAIRS or (ref.startswith("multiprocessing.") and ref.endswith(".Pipe")):
        both = new("queue.Queue", [], {}) if ref not in _PAIRS else Value(f"{ref}()")
        result = Value("", NOTHING)
        result.items = [both, both] if both is not None else []
        return result
    if ref in _RECORDS and args and args[0].instance is not None:
        state = args[0].instance
        result = unknown(*args, *state.attributes.values())
        result.keys = state.all_attributes()
        return result
    return None


_PAIRS = frozenset({"os.pipe", "os.pipe2", "socket.socketpair"})  # what goes in at one end comes out at the other
_RECORDS = frozenset({"dataclasses.asdict", "dataclasses.astuple", "attr.asdict", "attrs.asdict", "msgspec.to_builtins"})


def _namespace(ref: str) -> str:
    """The namespace of a module, of which this dotted name is that, or its entries; "" for any other."""
    owner, dot, _ = ref.removesuffix(".items()").partition(".__dict__")
    return f"{owner}.__dict__" if (dot or ref == "builtins") and "()" not in owner else ""


def _dict(sources: list[Value], keywords: dict[str, Value]) -> Value:
    if len(sources) == 1 and not keywords and (copied := _namespace(sources[0].ref)):
        return Value(copied, NOTHING, sources[0].taint)
    result = unknown(*sources)
    result.keys = {}
    for source in sources:
        result.keys.update(entries(source))
    result.keys.update(keywords)
    result.taint |= taint_of(*keywords.values())
    return result


def _with_default(made: Value, factory: list[Value]) -> Value:
    """A `defaultdict`: an entry that is missing is a container, which here stands for all of them."""
    kind = factory[0].ref.removeprefix("builtins.") if factory else ""
    if made.keys is not None and kind in {"list", "set", "collections.deque", "dict"}:
        entry = Value()
        entry.items, entry.keys = (None, {}) if kind == "dict" else ([], None)
        made.keys[HOLE] = entry
    return made


def entries(source: Value) -> dict[str, Value]:
    """The entries of a dict, or of a sequence of pairs, by key; all whose key is not known are merged under HOLE."""
    if isinstance(source.const, dict) and not source.keys:
        named = ((name_of(constant(key)), value) for key, value in source.const.items())
        return {name: constant(value, source.layers, source.taint) for name, value in named if name is not None}
    if source.keys is not None and not (source.items and source.keys.keys() == {"send"}):  # that would be a generator
        return source.keys
    found: dict[str, Value] = {}
    for pair in folding.items_of(source)[:_MAX_ITEMS]:
        parts = folding.items_of(pair)
        if len(parts) == 2:
            put(found, parts[0], parts[1])
    return found


def put(keys: dict[str, Value], key: Value, value: Value) -> None:
    """`keys[key] = value`, in place; values under unknown keys are merged under HOLE."""
    name = name_of(key)
    if name is not None:
        keys[name] = value
    else:
        keys[HOLE] = merged([value, keys[HOLE]]) if HOLE in keys else value


def looked_up(container: Value, key: Value) -> Value | None:
    """`container[key]`, or the join of all values where the key is not known; None where no entry fits."""
    keys = container.keys or {}
    if (name := name_of(key)) is not None:
        return keys.get(name) or keys.get(HOLE)
    found = [value for name, value in keys.items() if not key.known or name == HOLE]
    if not found:
        return None
    made = merged_many(found)
    if not key.known:  # or something that the container was made of, and of which no entry is known
        made.taint |= container.taint - taint_of(*keys.values())
    return made


def opened(container: Value, *, as_list: bool = False) -> None:
    """Makes a mapping or list of a value of which nothing is known, in place: what it may hold already is an entry of it."""
    held = unknown(container)
    if as_list:
        container.items = [held] if held.taint else []
    else:
        container.keys = {HOLE: held} if held.taint else {}


def is_open(value: Value) -> bool:
    """Is nothing known of this value but where it comes from?"""
    named = value.ref or value.known or value.closure or value.instance or value.bound or value.either
    return not named and value.items is None and value.keys is None and value.text == HOLE


def keeps_container(container: Value, key: Value) -> bool:
    """Whether this entry of a dict is a list or dict itself: what is put into it later is put into that one, no copy."""
    held = (container.keys or {}).get(name_of(key) or "")
    return held is not None and _is_container(held)


def keeps_containers(container: Value) -> bool:
    """Whether an entry of a dict is a list or dict itself."""
    return any(map(_is_container, (container.keys or {}).values()))


def _is_container(value: Value) -> bool:
    return value.items is not None or value.keys is not None or isinstance(value.const, list)


def with_element(owner: Value, key: Value, value: Value) -> Any:
    """The constant of `owner`, a list (changed in place) or bytes, after `owner[key] = value`; NOTHING where that is not
    known."""
    const, place, new = owner.const, key.const, value.const
    if not isinstance(const, list | bytes) or type(place) is not int or not -len(const) <= place < len(const):
        return NOTHING
    if isinstance(const, list) and value.known and len(const) <= _MAX_BYTES and may_hold(const, new):
        const[place] = new
        return const
    if isinstance(const, bytes) and isinstance(new, int) and len(const) <= _MAX_BYTES:
        place %= len(const)
        return const[:place] + bytes((new & 0xFF,)) + const[place + 1 :]
    return NOTHING


def unknown_entry(container: Value, key: Value) -> Value:
    """An entry of which nothing is known: an unknown with the taint of the container. An entry of a copy of the environment
    is labelled as that one variable instead."""
    made = unknown(container)
    whole = {label for label in made.taint if label.startswith("environment:")}
    if whole and isinstance(key.const, str):
        kind = "secret-variable" if places.is_secret(key.const) else "variable"
        made.taint = (made.taint - whole) | {f"{kind}:{key.const}"}
    return made


# Keys whose values are switches: they hold no secret.
_FLAGS = frozenset(
    {
        "verbose", "quiet", "debug", "force", "wait", "watch", "pull", "recreate", "reload", "dry_run", "detach", "yes",
        "recursive", "strict", "overwrite", "interactive", "color", "no_cache", "stream", "parallel",
    }
)  # fmt: skip
_OPENS_WALLET = expression(
    r"(?i)secret_?(?:phrase|seed)|seed_?(?:phrase|words)|mnemonic(?:_?(?:phrase|words))?|recovery_?(?:phrase|words)|"
    r"wallet_?(?:seed|key)"
)
_OPENS_ACCOUNT = expression(r"(?i)(?:proxy-)?authorization|(?:x-)?api-key|(?:set-)?cookie")
INTERCEPTED_KEY = "intercepted:what opens an account"


def fitted_to_key(value: Value, key: Value) -> Value:
    """The value, changed in place, with the labels that the name of its key suggests: what opens a wallet or an account gets
    one, and a switch such as `verbose` loses its `intercepted:` labels."""
    if isinstance(key.const, str) and not value.known:
        if _OPENS_WALLET.fullmatch(key.const):
            value.taint |= {f"wallet:{key.const}"}
        elif _OPENS_ACCOUNT.fullmatch(key.const) and any(one.startswith("intercepted:") for one in value.taint):
            value.taint |= {INTERCEPTED_KEY}
    value.taint = labels_under(value.taint, key)
    if value.taint and isinstance(key.const, str) and key.const in _FLAGS:
        value.taint = frozenset(one for one in value.taint if not one.startswith("intercepted:"))
    return value


def labels_under(taint: Taint, key: Value) -> Taint:
    """The labels of what stands under this key in a request, or in the settings of an application. taint: of the whole."""
    if not taint or not isinstance(key.const, str):
        return taint
    if has(taint, "request", "parameter", "intercepted"):
        taint = request_parts.entry(taint, key.const)
    return app_settings.entry(taint, key.const) if app_settings.ALL in taint else taint


def entry(container: Value, key: Value) -> Value:
    """`container[key]`. An entry that was not known is added to the container, so that what is put into it later is seen."""
    found = ip_addresses.entry(container, key) or looked_up(container, key)
    if found is None:
        found = unknown_entry(container, key)
        if container.keys is not None and len(container.keys) < _MAX_ITEMS:
            put(container.keys, key, found)
    return found


def method(receiver: Value, name: str, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """The result of `receiver.name(...)`, with the receiver changed in place; None where it is no container or the method is
    not modelled."""
    if receiver.keys is not None:
        return _of_dict(receiver, name, args, keywords)
    if receiver.items is not None or (isinstance(receiver.const, list) and name in _CHANGES):
        return _of_list(receiver, name, args)
    return None


_CHANGES = frozenset({"append", "appendleft", "insert", "extend", "extendleft", "reverse"})


def _of_dict(receiver: Value, name: str, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """The result of a method of a dict; None where it is not modelled."""
    keys = receiver.keys if receiver.keys is not None else {}
    if name in {"get", "pop", "setdefault"} and args:
        found = looked_up(receiver, args[0])
        if name == "setdefault":
            return _defaulted(receiver, keys, args, found)
        default = args[1:] if found is None or not args[0].known else []
        loose = [unknown_entry(receiver, args[0])] if found is None and receiver.taint else []
        values = [*([found] if found is not None else []), *loose, *default]
        if len(values) == 1 and _is_container(values[0]):
            return values[0]  # itself, as for `setdefault`
        return merged(values) if values else None
    if name == "popitem":
        part = unknown(receiver)  # of the whole, of which not every entry may be known
        return folding.listed([part, merged_many([*keys.values(), part])]) if keys else None
    if name in {"values", "items"}:
        held = keys or ({HOLE: unknown(receiver)} if receiver.taint else {})  # one made of what cannot be told apart
        values = list(held.values())
        if name == "items":
            values = [_pair(key, value) for key, value in held.items()]
        result = folding.listed(values, receiver.layers, receiver.taint)
        return result if values else None
    if name == "update":
        for source in (*args, *((_dict([], keywords),) if keywords else ())):
            keys.update(entries(source))
            receiver.taint |= source.taint
        receiver.const = NOTHING
        return Value()
    if name == "copy":
        result = receiver.copy()
        result.keys = dict(keys)
        return result
    return None


def _pair(key: str, value: Value) -> Value:
    return folding.listed([key_of(key), value])


def _defaulted(receiver: Value, keys: dict[str, Value], args: list[Value], found: Value | None) -> Value:
    """`setdefault`: gives the entry itself, not a copy, so that what is put into it later is seen. found: the entry that is
    there already."""
    found = found if args[0].known else keys.get(HOLE)  # the join of all entries is none of them
    value = args[1] if len(args) > 1 else Value()
    if found is not None and not (args[0].known and is_open(found)):
        return found
    if isinstance(value.const, list | dict):
        value = value.copy()
        value.items, value.keys = ([], None) if isinstance(value.const, list) else (None, {})
        value.const = NOTHING
        value.taint |= found.taint if found is not None else CLEAN
    put(keys, args[0], value)
    receiver.const = NOTHING
    receiver.taint |= value.taint
    return value


def _of_list(receiver: Value, name: str, args: list[Value]) -> Value | None:
    """The result of a method of a list, set or queue, or of an end of a pipe; None where it is not modelled."""
    items = receiver.items if receiver.items is not None else []
    if name in {"append", "put", "put_nowait", "add", "send"} and args:
        appended(receiver, args[0])
    elif name in {"appendleft", "extendleft"} and args:
        for item in [args[0]] if name == "appendleft" else folding.items_of(args[0])[:_MAX_ITEMS]:
            _inserted(receiver, constant(0), item)
        receiver.taint |= args[0].taint
    elif name == "insert" and len(args) > 1:
        _inserted(receiver, args[0], args[1])
    elif name == "reverse" and isinstance(receiver.const, list):
        receiver.const.reverse()
        receiver.layers = (*receiver.layers, "reversed")
    elif name in {"extend", "update"} and args:
        for item in folding.items_of(args[0])[:_MAX_ITEMS]:
            appended(receiver, item)
        receiver.taint |= args[0].taint
    elif name in {"pop", "popleft", "get", "get_nowait", "recv"} and items:
        if len(args) == 1 and args[0].known:
            return folding.index(receiver, args[0])
        if name != "pop":
            return iterated(receiver)
        return items[-1] if len(items) == 1 else merged([items[-1], *items[:20]])
    elif name == "copy":
        result = receiver.copy()
        result.items = list(items)
        return result
    else:
        return None
    return Value()


def _inserted(receiver: Value, place: Value, value: Value) -> None:
    at = place.const if isinstance(place.const, int) else len(folding.items_of(receiver))
    receiver.taint |= value.taint
    if isinstance(receiver.const, list) and value.known and may_hold(receiver.const, value.const):
        receiver.const.insert(at, value.const)
        receiver.layers = layers_of(receiver, value)
        return
    receiver.items = [*folding.items_of(receiver)]
    receiver.items.insert(at, value)
    receiver.const = NOTHING


def appended(receiver: Value, value: Value) -> None:
    """`receiver.append(value)`, in place. A constant list or bytearray stays a constant while what is added is one."""
    receiver.taint |= value.taint
    if isinstance(receiver.const, list):
        if value.known and len(receiver.const) < 65_536 and may_hold(receiver.const, value.const):
            receiver.const.append(value.const)
            receiver.layers = layers_of(receiver, value)
        else:
            receiver.items = [*folding.items_of(receiver), value]
            receiver.const = NOTHING
    elif receiver.items is not None and len(receiver.items) < _MAX_ITEMS:
        receiver.items.append(value)
    elif isinstance(receiver.const, bytes) and isinstance(value.const, int) and len(receiver.const) < _MAX_BYTES:
        receiver.const += bytes((value.const & 0xFF,))  # a bytearray
        receiver.layers = layers_of(receiver, value)
    elif receiver.known and receiver.const is not None:
        receiver.const = NOTHING
        receiver.layers = layers_of(receiver, value)
