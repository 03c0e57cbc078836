"""Ways to write a hostile pickle, or to wrap one, so that a scanner reads something else than the loader does."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib

from tests.models.writing import (
    STOP,
    Zip,
    array,
    blob,
    call,
    name,
    npy,
    payload,
    pickled,
    short,
    stack_name,
    state_dict,
    tensor,
    text,
    torch_zip,
)

ECHO = text("echo x")
RUN = ECHO + b"\x85R"


def streams() -> dict[str, bytes]:
    """Single pickles that end in `os.system("echo x")`."""
    system = short("os") + short("system")
    bodies = {
        "name joined by operator.add": short("os") + call("operator", "add", short("sys"), short("tem")) + b"\x93" + RUN,
        "name joined by str.join": short("os")
        + call("builtins", "str.join", short(""), b"](" + short("sys") + short("tem") + b"e")
        + b"\x93"
        + RUN,
        "name decoded by rot13": short("os") + call("codecs", "decode", short("flfgrz"), short("rot13")) + b"\x93" + RUN,
        "name from base64": call("base64", "b64decode", text("b3M=")) + short("system") + b"\x93" + RUN,
        "name replaced": short("os")
        + call("builtins", "str.replace", short("sysxtem"), short("x"), short(""))
        + b"\x93"
        + RUN,
        "name as raw unicode escapes": b"V\\u006f\\u0073\nV\\u0073ystem\n\x93" + RUN,
        "name as escaped string": b"S'\\x6f\\x73'\nS'syst\\x65m'\n\x93" + RUN,
        "name as short binary string": b"U\2osU\6system\x93" + RUN,
        "name as long unicode": b"\x8d" + struct.pack("<Q", 2) + b"os" + short("system") + b"\x93" + RUN,
        "memo by long index": system[:4]
        + b"r\xe7\3\0\0"
        + short("system")
        + b"r\xe8\3\0\0"
        + b"00j\xe7\3\0\0j\xe8\3\0\0\x93"
        + RUN,
        "memo by text index": short("os") + b"p77\n0" + short("system") + b"p78\n0g77\ng78\n\x93" + RUN,
        "memo overwritten by memoize": short("x")
        + b"\x94"
        + short("y")
        + b"q\2"
        + b"00"
        + short("os")
        + b"\x94"
        + b"h\2"
        + short("system")
        + b"\x93"
        + RUN,
        "two marks": b"((" + name("os", "system") + b"0" + b"l0" + name("os", "system") + b"(" + ECHO + b"tR",
        "pop mark": name("os", "system") + b"(" + short("noise") + b"1" + RUN,
        "dup of the callable": name("os", "system") + b"2" + ECHO + b"\x85R0" + ECHO + b"\x85R",
        "build onto a class": name("torch.nn", "Module") + b"}(" + text("forward") + name("os", "system") + b"ub",
        "slot state": new_with_slots(),
        "extension by inverted registry": name("copyreg", "_inverted_registry")
        + b"K\7"
        + short("os")
        + short("system")
        + b"\x86s0"
        + b"\x83\7\0"
        + RUN,
        "extension by its cache": name("copyreg", "_extension_cache") + b"K\7" + name("os", "system") + b"s0\x82\7" + RUN,
        "extension of four bytes": call("copyreg", "add_extension", text("os"), text("system"), b"J\0\0\1\0")
        + b"0\x84\0\0\1\0"
        + RUN,
        "dispatch table": name("copyreg", "dispatch_table") + name("builtins", "int") + name("os", "system") + b"s",
        "environment by setitem": name("os", "environ") + text("LD_PRELOAD") + text("/tmp/x.so") + b"s",
        "environment by update": call("os", "environ.update", b"}(" + text("LD_PRELOAD") + text("/tmp/x.so") + b"u"),
        "meta path": name("sys", "meta_path") + name("zipimport", "zipimporter") + b"a",
        "path by extend": call("sys", "path.extend", b"](" + text("/tmp") + b"e"),
        "modules by build": name("sys", "modules") + b"}(" + text("json") + name("os", "path") + b"ub",
        "builtins by build": name("builtins", "__dict__") + text("len") + name("os", "system") + b"s",
        "subclasses": call("builtins", "type.__subclasses__", name("builtins", "object")),
        "function globals": call("builtins", "getattr", name("random", "shuffle"), text("__globals__")),
        "globals by dotted name": stack_name("random", "Random.__init__.__globals__.get") + short("_os") + b"\x85R",
        "getattribute": call("builtins", "object.__getattribute__", name("random", "_os"), text("system")) + RUN,
        "getattribute by operator": call("operator", "attrgetter", text("_os.system"))
        + call("importlib", "import_module", text("random"))
        + b"\x85R"
        + RUN,
        "importlib by __import__": call("builtins", "__import__", text("os")) + b"0" + name("os", "system") + RUN,
        "an import that acts": name("idlelib.idle", "x"),
        "an import that opens a browser": name("antigravity", "x"),
        "an import that runs tests": name("test.autotest", "x"),
        "marshalled code": call("types", "FunctionType", call("marshal", "loads", blob(b"\xe3")), b"}") + b")R",
        "code object": call("types", "CodeType", b"K\0", b"K\0"),
        "nested in an unpickler": call(
            "builtins", "getattr", call("pickle", "Unpickler", call("io", "BytesIO", blob(payload()))), text("load")
        )
        + b")R",
        "nested by forking pickler": call("multiprocessing.reduction", "ForkingPickler.loads", blob(payload())),
        "nested by a re-export": call("logging.handlers", "pickle.loads", blob(payload())),
        "nested by cloudpickle": call("cloudpickle", "loads", blob(payload())),
        "nested by pandas": call("pandas.compat.pickle_compat", "loads", blob(payload())),
        "nested compressed": call("pickle", "loads", call("zlib", "decompress", blob(zlib.compress(payload())))),
        "nested base64": call("pickle", "loads", call("base64", "b64decode", text("Y29zCnN5c3RlbQooUydlY2hvIHgnCnRSLg=="))),
        "persistent id with a call": b"(" + text("storage") + call("os", "system", ECHO) + b"tQ",
        "within a tensor": call(
            "torch._utils", "_rebuild_tensor_v2", call("os", "system", ECHO), b"K\0", b"K\2\x85", b"K\1\x85", b"\x89", b"}"
        ),
        "as a tensor's hooks": call("torch._utils", "_rebuild_parameter", tensor(), b"\x88", call("os", "system", ECHO)),
        "as a device": call("torch", "device", call("os", "system", ECHO)),
        "as a dict key": b"}(" + call("os", "system", ECHO) + b"Nu",
        "as a set member": b"\x8f(" + call("os", "system", ECHO) + b"\x90",
        "in a frozenset": b"(" + call("os", "system", ECHO) + b"\x91",
        "inst with nothing": b"(icode\ninteract\n",
        "inst in lists": b"((lp0\n(S'echo x'\nios\nsystem\na",
        "reduce of popen": call("subprocess", "Popen", ECHO),
    }
    made = {key: pickled(body, 4) for key, body in bodies.items()}
    made["no protocol at all"] = b"(S'echo x'\niposix\nsystem\n."
    made["protocol in the middle"] = pickled(b"\x80\2" + name("os", "system") + b"\x80\5" + RUN, 4)
    made["frame too short"] = b"\x80\4\x95" + struct.pack("<Q", 3) + call("os", "system", ECHO) + STOP
    made["frame of nothing"] = b"\x80\4\x95" + bytes(8) + call("os", "system", ECHO) + STOP
    made["no stop"] = payload()[:-1]
    made["broken behind the call"] = payload()[:-1] + b"\xfe\xfe\xfe"
    made["stack underflow behind the call"] = payload()[:-1] + b"000000R."
    made["second pickle"] = pickled(b"N") + payload()
    made["tenth pickle"] = pickled(b"N", 4) * 9 + payload(4)
    made["byte order mark"] = b"I1\n0" + payload(0)
    return made


def new_with_slots() -> bytes:
    return name("sklearn.pipeline", "Pipeline") + b")\x81N}(" + text("predict") + name("os", "system") + b"u\x86b"


def _tar(**members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, content in members.items():
            info = tarfile.TarInfo(member.replace("__", "/"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _links(kind: bytes, target: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("model/weights.bin")
        info.type, info.linkname = kind, target
        tar.addfile(info)
    return out.getvalue()


def _packed(method: int, data: bytes) -> bytes:
    """A zip whose one member is stored by a method other than deflate."""
    packed = {
        12: bz2.compress,
        14: lambda d: b"\x09\x04\x05\0" + lzma.compress(d, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1}])[0:],
    }[method](data)
    if method == 14:
        packed = b"\x09\x04\x05\0\x5d\0\0\x80\0" + packed[4:]
    body = bytearray(Zip().add("m/data.pkl", packed, crc=zlib.crc32(data)).end())
    for at in (8, body.find(b"PK\1\2") + 10):
        struct.pack_into("<H", body, at, method)
    for at in (22, body.find(b"PK\1\2") + 24):
        struct.pack_into("<L", body, at, len(data))
    return bytes(body)


def _two_ends() -> bytes:
    """The last end record lists the ordinary member; one in the comment of another lists the hostile one."""
    good = Zip().add("archive/data.pkl", state_dict()).add("archive/version", b"3\n").end()
    bad = torch_zip(payload())
    return bad + good


def wrapped() -> dict[str, tuple[str, bytes]]:
    """Hostile pickles in archives, compressed files and other people's formats: name of the file, bytes."""
    bad, zlibbed = payload(4), zlib.compress(payload(4))
    return {
        "torch, payload beside the data": (
            "m.pt",
            Zip().add("a/data.pkl", state_dict()).add("a/extra/x.pkl", bad).add("a/version", b"3\n").end(),
        ),
        "torch, payload in constants": (
            "m.pt",
            Zip()
            .add("a/data.pkl", state_dict())
            .add("a/constants.pkl", bad)
            .add("a/code/__torch__.py", b"")
            .add("a/version", b"3\n")
            .end(),
        ),
        "torch, upper case": ("m.pt", Zip().add("a/DATA.PKL", bad).add("a/version", b"3\n").end()),
        "torch, two roots": (
            "m.pt",
            Zip().add("a/data.pkl", state_dict()).add("b/data.pkl", bad).add("a/version", b"3\n").end(),
        ),
        "torch, storage that is a pickle": (
            "m.pt",
            Zip().add("a/data.pkl", state_dict()).add("a/data/0.pkl", bad).add("a/version", b"3\n").end(),
        ),
        "torch, prefix": ("m.pt", bytes(100) + torch_zip(bad)),
        "torch, comment": ("m.pt", torch_zip(bad)[:-2] + struct.pack("<H", 22) + b"PK\5\6" + bytes(18)),
        "torch, two archives": ("m.pt", _two_ends()),
        "zip, bzip2": ("m.zip", _packed(12, bad)),
        "zip, lzma": ("m.zip", _packed(14, bad)),
        "zip, wrong size and checksum": ("m.zip", Zip().add("m.pkl", bad, crc=7, size=3).end()),
        "zip, data descriptor flag": ("m.zip", Zip().add("m.pkl", bad, flags=8, deflate=1).end()),
        "zip, strong encryption flag": ("m.zip", Zip().add("m.pkl", bad, flags=0x41).end()),
        "zip, masked header flag": ("m.zip", Zip().add("m.pkl", bad, flags=0x2000).end()),
        "zip, name with a nul": ("m.zip", Zip().add("m.txt\0.pkl", bad).end()),
        "zip, a folder's name": ("m.zip", Zip().add("m.pkl/", bad).end()),
        "zip, backslashes": ("m.zip", Zip().add("..\\..\\m.pkl", b"N.").end()),
        "zip, drive": ("m.zip", Zip().add("C:/m.pkl", b"N.").end()),
        "zip, text behind text": ("m.zip", Zip().add("a.txt", b"a").add("a.txt", bad).end()),
        "zip in gzip in tar": ("m.bin", _tar(x=gzip.compress(torch_zip(bad)))),
        "tar in bzip2": ("m.tbz", bz2.compress(_tar(a__m=bad))),
        "tar in xz in zip": ("m.zip", Zip().add("w", lzma.compress(_tar(m=bad))).end()),
        "tar with a pax header": ("m.tar", _tar(**{"n" * 150: bad})),
        "tar, hard link out": ("m.tar", _links(tarfile.LNKTYPE, "/etc/passwd")),
        "tar, device": ("m.tar", _links(tarfile.CHRTYPE, "")),
        "gzip twice": ("m.pkl", gzip.compress(gzip.compress(bad))),
        "gzip, second member": ("m.pkl.gz", gzip.compress(pickled(b"N")) + gzip.compress(bad)),
        "bzip2 named joblib": ("m.joblib", bz2.compress(bad)),
        "lzma alone": ("m.joblib", lzma.compress(bad, lzma.FORMAT_ALONE)),
        "zlib, no compression": ("m.z", zlib.compress(bad, 0)),
        "zlib, something behind": ("m.z", zlibbed + bad),
        "npy, structured": ("a.npy", npy("[('a', '<f4'), ('b', '|O')]", "(1,)", bad)),
        "npy, sub-array of objects": ("a.npy", npy("[('b', '|O', (2,))]", "(1,)", bad)),
        "npy, version 2": ("a.npy", npy("'|O'", "()", bad, 2)),
        "npy, nested fields": ("a.npy", npy("[('a', [('b', 'O')])]", "(1,)", bad)),
        "npz, deeper": ("a.npz", Zip().add("x/y/z.npy", npy("'|O'", "(1,)", bad), deflate=1).end()),
        "npz, not an array": ("a.npz", Zip().add("a.npy", npy("'<f8'", "(1,)", bytes(8))).add("allow", bad).end()),
        "pickle as safetensors": ("m.safetensors", bad),
        "pickle as gguf": ("m.gguf", bad),
        "pickle as onnx": ("m.onnx", bad),
        "pickle as h5": ("m.h5", bad),
        "pickle as json": ("config.json", payload(0)),
        "pickle as text": ("notes.txt", payload(0)),
        "zip as bin": ("pytorch_model.bin", torch_zip(bad)),
        "joblib of objects": (
            "m.joblib",
            pickled(
                name("joblib.numpy_pickle", "NumpyArrayWrapper")
                + b")\x81}("
                + text("subclass")
                + name("numpy", "ndarray")
                + text("shape")
                + b"K\1\x85"
                + text("order")
                + text("C")
                + text("dtype")
                + call("numpy", "dtype", text("O8"), b"\x89", b"\x88")
                + b"(K\3"
                + text("|")
                + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
                + text("allow_mmap")
                + b"\x89ub",
                4,
            )[:-1]
            + bad
            + STOP,
        ),
        "old joblib array elsewhere": (
            "m.pkl",
            pickled(
                name("joblib.numpy_pickle_compat", "NDArrayWrapper")
                + b")\x81}("
                + text("filename")
                + text("/etc/passwd")
                + text("subclass")
                + name("numpy", "ndarray")
                + b"ub"
            ),
        ),
        "memory map elsewhere": ("m.pkl", pickled(call("numpy", "memmap", text("/etc/passwd")))),
        "legacy torch, in the system record": (
            "m.pt",
            pickled(b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19")
            + pickled(b"M\xe9\x03")
            + payload()
            + pickled(tensor())
            + pickled(b"](" + text("0") + b"e")
            + struct.pack("<q", 4)
            + bytes(16),
        ),
        "array, then a call": ("m.pkl", array() + payload()),
        "array of objects with a call": (
            "m.pkl",
            pickled(
                call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), b"K\0\x85", blob(b"b"))
                + b"(K\1K\1\x85"
                + call("numpy", "dtype", text("O8"), b"\x89", b"\x88")
                + b"\x89]("
                + call("os", "system", ECHO)
                + b"etb"
            ),
        ),
    }
