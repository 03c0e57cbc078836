"""Every published way past a scanner or a loader's guard, by its id: none of the files is called clear, and those that run
code when they are loaded are blocked."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile

import pytest

from mlsupply.evidence.models import Verdict, look
from tests.models.keras_files import CODE, hdf5, keras, layer, sequential
from tests.models.writing import (
    Zip,
    blob,
    call,
    field,
    gguf,
    name,
    npy,
    payload,
    pickled,
    short,
    stack_name,
    text,
    torch_zip,
)

# advisory -> the callables it is about, `module:attribute`
CALLABLES = {
    "CVE-2025-1716": "pip:main pip._internal:main",
    "CVE-2025-46417": "ssl:get_server_certificate linecache:getline",
    "CVE-2025-71348": "torch.utils._config_module:ConfigModule.load_config",
    "CVE-2025-71354": "idlelib.autocomplete:AutoComplete.get_entity idlelib.autocomplete:AutoComplete.fetch_completions",
    "CVE-2025-71357": "idlelib.pyshell:ModifiedInterpreter.runcode idlelib.pyshell:ModifiedInterpreter.runcommand",
    "CVE-2025-71358": "idlelib.calltip:get_entity idlelib.calltip:Calltip.fetch_tip",
    "CVE-2025-71361": "idlelib.debugobj:ObjectTreeItem.SetText idlelib.run:Executive.runcode",
    "CVE-2025-71344": "ensurepip:_run_pip",
    "CVE-2025-71378": "cProfile:run cProfile:runctx",
    "CVE-2025-71323": "ctypes:CDLL ctypes:WinDLL",
    "CVE-2025-71339": "numpy.f2py.crackfortran:getlincoef numpy.f2py.crackfortran:_eval_length",
    "CVE-2025-71320": "pydoc:locate pydoc:pipepager",
    "CVE-2025-71321": "distutils.file_util:write_file",
    "CVE-2025-71322": "pty:spawn",
    "CVE-2026-53872": "io:FileIO urllib.request:urlopen",
    "CVE-2026-56304": "logging:FileHandler",
    "CVE-2026-53873": "profile:run profile:runctx",
    "CVE-2026-3490": "pkgutil:resolve_name",
    "CVE-2026-53874": "cloudpickle.cloudpickle:_make_function cloudpickle.cloudpickle:subimport",
    "CVE-2026-56315": "uuid:_get_command_stdout imaplib:IMAP4_stream _osx_support:_read_output",
    "CVE-2025-10157": "asyncio.unix_events:_UnixSubprocessTransport._start",
    "CVE-2025-67747": "types:FunctionType marshal:loads",
    "CVE-2025-67748": "pty:fork",
    "CVE-2026-22606": "runpy:run_path runpy:_run_code",
    "CVE-2026-22607": "cProfile:Profile.runctx",
    "CVE-2026-22608": "pydoc:safeimport",
    "CVE-2026-22609": "importlib:import_module imp:load_source",
    "CVE-2026-22612": "builtins:eval builtins:exec builtins:__import__",
    "CVE-2026-14534": "code:interact code:InteractiveInterpreter.runcode",
    "CVE-2026-14535": "pathlib:Path.write_text smtplib:SMTP",
}


@pytest.mark.parametrize("advisory", CALLABLES)
def test_callables_a_list_had_missed(advisory: str) -> None:
    for target in CALLABLES[advisory].split():
        module, _, attribute = target.partition(":")
        facts = look(pickled(stack_name(module, attribute) + short("x") + b"\x85R", 4), "m.pkl")
        assert facts.verdict is Verdict.BLOCKED, target


def _tar(member: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _onnx(entry: bytes) -> bytes:
    relu = field(1, "x") + field(2, "y") + field(4, "Relu")
    return (
        field(1, 8)
        + field(2, "pytorch")
        + field(7, field(1, relu) + field(5, field(8, "w") + entry))
        + field(8, field(2, 17))
    )


def _skops(module: str, kind: str, loader: str) -> bytes:
    schema = {"__class__": kind, "__module__": module, "__loader__": loader, "content": {}}
    return Zip().add("schema.json", json.dumps(schema).encode()).end()


def _node(*node: object) -> bytes:
    return keras(sequential(*node))


STRUCTURES: dict[str, tuple[str, bytes]] = {
    "CVE-2025-1889": ("weights.bin2", payload()),
    "CVE-2025-10155": ("weights.pt", payload()),
    "CVE-2025-1944": ("m.pt", torch_zip(payload(), local="other.txt")),
    "CVE-2025-1945": ("m.pt", torch_zip(payload(), flags=1)),
    "CVE-2025-10156": ("m.pt", torch_zip(payload(), crc=1)),
    "CVE-2025-71325": (
        "m.pkl",
        pickled(short("os") + b"\x94" + short("system") + b"\x94" + short("x") + b"0\x93" + short("x") + b"\x85R", 4),
    ),
    "CVE-2026-53875": ("m.pt", pickled(call("builtins", "eval", text("0x1950a86a20f9469cfc6c"))) + payload()),
    "CVE-2025-32434": ("m.pt", _tar("pickle", payload())),
    "CVE-2025-24357": ("pytorch_model.bin", torch_zip(payload())),
    "CVE-2026-1839": ("rng_state.pth", payload()),
    "CVE-2024-3660": (
        "m.h5",
        hdf5(b"model_config", json.dumps(sequential(layer("Lambda", config={"function": CODE}))).encode()),
    ),
    "CVE-2025-1550": ("m.keras", _node(layer("function", "subprocess", "call"))),
    "CVE-2025-8747": ("m.keras", _node(layer("function", "keras.utils", "get_file"))),
    "CVE-2025-9905": (
        "m.h5",
        hdf5(json.dumps(sequential(layer("Lambda", config={"function": ["4wEAAA", None, None]}))).encode()),
    ),
    "CVE-2025-9906": ("m.keras", _node(layer("function", "keras.config", "enable_unsafe_deserialization"))),
    "CVE-2025-12058": ("m.keras", _node(layer("StringLookup", config={"vocabulary": "http://x.invalid/v"}))),
    "CVE-2025-12060": ("m.keras", _node(layer("function", "keras.src.utils.file_utils", "get_file"))),
    "CVE-2025-49655": ("m.keras", _node(layer("TorchModuleWrapper", config={"module": "x"}))),
    "CVE-2026-1462": ("m.keras", _node(layer("TFSMLayer", config={"filepath": "//x.invalid/m"}))),
    "CVE-2026-1669": ("m.h5", hdf5(b"\x01\x08\x40\x0dmodel_weights" + struct.pack("<H", 15) + b"\0/etc/passwd\0x\0")),
    "CVE-2022-25882": ("m.onnx", _onnx(field(13, field(1, "location") + field(2, "../../etc/passwd")))),
    "CVE-2024-27318": ("m.onnx", _onnx(field(13, field(1, "location") + field(2, "a/../../x")))),
    "CVE-2024-34359": ("m.gguf", gguf([("tokenizer.chat_template", "{{ ''.__class__.__mro__[1].__subclasses__() }}")])),
    "CVE-2026-5760": ("m.gguf", gguf([("tokenizer.chat_template", "{{ cycler.__init__.__globals__.os.popen('x') }}")])),
    "CVE-2025-54412": ("m.skops", _skops("operator", "methodcaller", "OperatorFuncNode")),
    "CVE-2025-54413": ("m.skops", _skops("os", "system", "MethodNode")),
    "CVE-2025-54886": ("card.skops", _skops("builtins", "eval", "FunctionNode")),
    "CVE-2025-33245": ("m.nemo", _tar("model_config.yaml", b"model:\n  _target_: os.system\n")),
    "CVE-2026-4372": ("config.json", json.dumps({"_attn_implementation_internal": "someone/kernels"}).encode()),
    "CVE-2026-5241": ("config.json", json.dumps({"trust_remote_code": True}).encode()),
    "modelscan 85: set by BUILD, read by a dotted name": (
        "m.pkl",
        pickled(
            name("torch.nn", "Module")
            + b"}("
            + text("f")
            + name("os", "system")
            + b"ub0"
            + stack_name("torch.nn", "Module.f")
            + short("x")
            + b"\x85R",
            4,
        ),
    ),
    "modelscan 330: builtins of a library": (
        "m.pkl",
        pickled(stack_name("numpy", "__builtins__.get") + short("eval") + b"\x85R", 4),
    ),
    "modelscan: second pickle of the old torch format": ("m.pt", pickled(b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19") + payload()),
    "modelscan: two members of one name": (
        "m.pt",
        Zip().add("a/data.pkl", pickled(b"}")).add("a/data.pkl", payload()).end(),
    ),
    "picklescan: joblib, compressed": ("m.joblib", gzip.compress(payload())),
    "picklescan: an array of objects": ("a.npy", npy("'|O'", "(1,)", payload())),
    "nested: bytes that are unpickled": ("m.pkl", pickled(call("pickle", "loads", blob(payload())))),
}
DOUBTED: dict[str, tuple[str, bytes]] = {
    "CVE-2026-34445": ("m.onnx", _onnx(field(13, field(1, "__class__") + field(2, "x")))),
    "CVE-2025-66448": ("config.json", json.dumps({"auto_map": {"AutoModel": "acme/code--m.X"}}).encode()),
    "CVE-2026-22807": ("config.json", json.dumps({"auto_map": {"AutoConfig": "configuration_x.C"}}).encode()),
    "civitai 6: a pickle under a safe format's name": ("m.safetensors", pickled(name("acme", "Net") + b")\x81}b")),
    "picklescan: nothing that can be read": ("m.pkl", b"\x80\x04\xff"),
}


@pytest.mark.parametrize("advisory", STRUCTURES)
def test_ways_around_the_reader(advisory: str) -> None:
    file, data = STRUCTURES[advisory]
    facts = look(data, file)
    assert facts.verdict is Verdict.BLOCKED, facts.marks


@pytest.mark.parametrize("advisory", DOUBTED)
def test_what_depends_on_the_loader_is_not_called_clear(advisory: str) -> None:
    file, data = DOUBTED[advisory]
    assert look(data, file).verdict is Verdict.NOT_VERIFIED
