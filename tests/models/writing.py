"""Model files for the tests, written opcode by opcode and byte by byte. Nothing here pickles or unpickles anything, and
every payload is inert: no test loads a file."""

from __future__ import annotations

import json
import struct
import zlib

STOP = b"."
SHELL = ("os", "system", "echo x")


def name(module: str, attribute: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{attribute}\n".encode()


def text(value: str) -> bytes:
    """BINUNICODE."""
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def short(value: str) -> bytes:
    """SHORT_BINUNICODE."""
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def blob(value: bytes) -> bytes:
    """BINBYTES."""
    return b"B" + struct.pack("<I", len(value)) + value


def stack_name(module: str, attribute: str) -> bytes:
    """STACK_GLOBAL."""
    return short(module) + short(attribute) + b"\x93"


def call(module: str, attribute: str, *arguments: bytes) -> bytes:
    """GLOBAL, the arguments as a tuple, REDUCE."""
    return name(module, attribute) + b"(" + b"".join(arguments) + b"tR"


def new(module: str, attribute: str, state: bytes = b"}") -> bytes:
    """An object made with `__new__` and given its attributes."""
    return name(module, attribute) + b")\x81" + state + b"b"


def payload(proto: int = 2) -> bytes:
    """A pickle that calls `os.system("echo x")`."""
    return pickled(call(SHELL[0], SHELL[1], text(SHELL[2])), proto)


def pickled(body: bytes, proto: int = 2) -> bytes:
    return (b"\x80" + bytes([proto]) if proto >= 2 else b"") + body + STOP


def array(proto: int = 2) -> bytes:
    """A numpy array as numpy writes it."""
    made = call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), b"K\0\x85", blob(b"b"))
    kind = (
        call("numpy", "dtype", text("f8"), b"K\0", b"K\1")
        + b"(K\3"
        + text("<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    )
    return pickled(made + b"(K\1K\1\x85" + kind + b"\x89" + blob(struct.pack("<d", 1.0)) + b"tb", proto)


def tensor(key: str = "0") -> bytes:
    """A torch tensor's opcodes, its storage by persistent id."""
    storage = b"(" + text("storage") + name("torch", "FloatStorage") + text(key) + text("cpu") + b"K\4tQ"
    shape = b"K\2K\2\x86" + b"K\2K\1\x86"
    return call("torch._utils", "_rebuild_tensor_v2", storage, b"K\0", shape, b"\x89", call("collections", "OrderedDict"))


def state_dict(*extra: bytes) -> bytes:
    """A pickled dict of one tensor, and what else is given."""
    return pickled(b"}(" + text("weight") + tensor() + b"".join(extra) + b"u")


class Zip:
    """A zip file in which every field can lie."""

    def __init__(self) -> None:
        self._body = b""
        self._table = b""
        self._count = 0

    def add(self, member: str, data: bytes, **lies: int | str) -> Zip:
        """lies: flags, crc, size, local (another name in the member's own header), deflate."""
        flags = int(lies.get("flags", 0))
        method = 8 if lies.get("deflate") else 0
        packed = _deflated(data) if method else data
        crc = int(lies.get("crc", zlib.crc32(data)))
        size = int(lies.get("size", len(data)))
        central, local = member.encode(), str(lies.get("local", member)).encode()
        start = len(self._body)
        facts = struct.pack("<HHHHHLLL", 20, flags, method, 0, 33, crc, len(packed), size)
        self._body += b"PK\3\4" + facts + struct.pack("<HH", len(local), 0) + local + packed
        self._table += (
            b"PK\1\2" + struct.pack("<H", 20) + facts + struct.pack("<HHHHHLL", len(central), 0, 0, 0, 0, 0, start) + central
        )
        self._count += 1
        return self

    def end64(self) -> bytes:
        """As torch's writer ends an archive: with the zip64 records, whether they are needed or not."""
        size, start = len(self._table), len(self._body)
        record = b"PK\6\6" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, self._count, self._count, size, start)
        locator = b"PK\6\7" + struct.pack("<LQL", 0, start + size, 1)
        plain = struct.pack("<HHHHLLH", 0, 0, self._count, self._count, size, start, 0)
        return self._body + self._table + record + locator + b"PK\5\6" + plain

    def end(self, comment: bytes = b"") -> bytes:
        tail = struct.pack("<HHHHLLH", 0, 0, self._count, self._count, len(self._table), len(self._body), len(comment))
        return self._body + self._table + b"PK\5\6" + tail + comment


def _deflated(data: bytes) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return machine.compress(data) + machine.flush()


def torch_zip(data: bytes, **lies: int | str) -> bytes:
    return Zip().add("archive/data.pkl", data, **lies).add("archive/data/0", bytes(16)).add("archive/version", b"3\n").end()


def npy(descr: str, shape: str, body: bytes, version: int = 1) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + body


def safetensors(header: object, body: bytes = b"", size: int = -1) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if size < 0 else size) + raw + body


def gguf(pairs: list[tuple[str, str]], count: int = -1, tensors: int = 0) -> bytes:
    """GGUF version 3 whose metadata is text."""
    out = b"GGUF" + struct.pack("<IQQ", 3, tensors, len(pairs) if count < 0 else count)
    for key, value in pairs:
        out += struct.pack("<Q", len(key)) + key.encode() + struct.pack("<IQ", 8, len(value.encode())) + value.encode()
    return out


def field(number: int, value: bytes | int | str) -> bytes:
    """A protobuf field: a number, text or a message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def tflite(custom: str) -> bytes:
    """A TensorFlow Lite model with one operator: the custom one of that name, or a built-in one."""
    layout = struct.pack("<HHHH", 8, 12, 4, 8)  # the model's table: 12 bytes, fields 0 and 1
    head = struct.pack("<I", 16) + b"TFL3" + layout
    model = struct.pack("<iII", 8, 3, 4)  # version, and the vector of operators right behind
    code = struct.pack("<HHHH", 8, 12, 4, 8) if custom else struct.pack("<HHHH", 8, 12, 4, 0)
    vector = struct.pack("<II", 1, 4 + len(code))
    name = struct.pack("<I", len(custom)) + custom.encode() + b"\0"
    table = struct.pack("<iB3xI", len(code), 32 if custom else 9, 4) + name
    return head + model + vector + code + table
