"""Pickles of every protocol and every published way around a scanner: what is judged, and that it is not called clear."""

from __future__ import annotations

import argparse
import array as arrays
import collections
import datetime
import decimal
import fractions
import functools
import gzip
import http
import ipaddress
import logging
import math
import operator
import pathlib
import pickle
import random
import re
import struct
import types
import urllib.parse
import uuid

import pytest

from mlsupply.evidence.models import Cause, Limits, Verdict, look
from mlsupply.evidence.models.names import words
from tests.models.writing import (
    STOP,
    array,
    blob,
    call,
    name,
    new,
    payload,
    pickled,
    short,
    stack_name,
    state_dict,
    tensor,
    text,
)

# each was published as a way past picklescan, fickling or modelscan, or is of the same kind
GADGETS = words(
    """
    pip._internal.main pip.main ssl.get_server_certificate torch.utils._config_module.ConfigModule.load_config
    idlelib.pyshell.ModifiedInterpreter.runcode idlelib.autocomplete.AutoComplete.fetch_completions
    idlelib.debugobj.ObjectTreeItem.SetText idlelib.run.Executive.runcode idlelib.calltip.Calltip.fetch_tip
    ensurepip._run_pip cProfile.runctx cProfile.run profile.Profile.runctx profile.run ctypes.CDLL ctypes.PyDLL
    numpy.f2py.crackfortran.getlincoef numpy.f2py.crackfortran.myeval pydoc.pipepager pydoc.locate
    distutils.file_util.write_file io.FileIO urllib.request.urlopen logging.FileHandler logging.config.dictConfig
    pkgutil.resolve_name pty.spawn cloudpickle.cloudpickle._make_function dill._dill._create_function
    uuid._get_command_stdout uuid._popen imaplib.IMAP4_stream _osx_support._read_output
    _osx_support._find_build_tool torch.utils.bottleneck.__main__.run_cprofile torch.utils.collect_env.run
    torch.utils.data.datapipes.utils.decoder.basichandlers
    torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression torch._dynamo.guards.GuardBuilder.get
    torch.jit.unsupported_tensor_ops.execWrapper torch.hub.load torch.jit.load torch.load
    asyncio.unix_events._UnixSubprocessTransport._start multiprocessing.util.spawnv_passfds
    lib2to3.pgen2.pgen.ParserGenerator.make_label lib2to3.pgen2.grammar.Grammar.loads
    code.InteractiveInterpreter.runcode bdb.Bdb.run trace.Trace.runctx doctest.debug_script timeit.timeit
    runpy.run_path runpy._run_code codecs.open pipes.Template.open importlib.import_module builtins.eval
    builtins.__import__ builtins.breakpoint builtins.open builtins.setattr types.CodeType types.FunctionType
    marshal.loads site.addsitedir smtplib.SMTP ftplib.FTP telnetlib.Telnet shutil.rmtree tempfile.mktemp
    webbrowser.open zipimport.zipimporter.load_module linecache.updatecache
    test.support.script_helper.run_python_until_end operator.methodcaller.__call__ functools.reduce.__call__
    sys.modules.__getitem__ nt.system posix.popen imp.load_source pandas.read_pickle pandas.eval
    pandas.io.common.get_handle joblib.load numpy.load numpy.fromfile numpy.memmap
    numpy.testing._private.utils.runstring numpy.distutils.exec_command.exec_command scipy.io.loadmat
    keras.utils.get_file keras.models.load_model tensorflow.io.write_file transformers.pipeline
    datasets.load_dataset transformers.AutoModel.from_pretrained huggingface_hub.snapshot_download yaml.unsafe_load
    requests.get IPython.utils.process.system jinja2.Template sympy.sympify picklescan.scanner._unsafe_globals.clear
    torchvision.datasets.utils.download_url nltk.data.load spacy.load onnxruntime.InferenceSession psutil.Popen
    acme.tools.run_command acme.shell.exec_ acme.utils.system
    """
)
ECHO = text("echo x")


def verdict(data: bytes, limits: Limits | None = None) -> Verdict:
    return look(data, "m.pkl", limits).verdict


class TestOrdinaryPicklesAreClear:
    @pytest.mark.parametrize("proto", [0, 1, 2, 3, 4, 5])
    def test_plain_data(self, proto: int) -> None:
        body = (
            b"(lp0\nI1\naF2.5\naVtext\naNa." if proto < 1 else pickled(b"](K\1" + text("a") + b"G" + bytes(8) + b"Ne", proto)
        )
        assert look(body, "d.pkl").verdict is Verdict.CLEAR

    @pytest.mark.parametrize(
        "body",
        [
            array(),
            pickled(new("sklearn.linear_model._base", "LinearRegression", b"}(" + text("coef_") + b"Nu")),
            pickled(new("xgboost.sklearn", "XGBClassifier")),
            pickled(call("datetime", "datetime", blob(bytes(10)))),
            pickled(call("re", "_compile", text("[a-z]+"), b"K\x20")),
            pickled(call("http", "HTTPStatus", b"K\xc8")),
            pickled(call("uuid", "UUID", text("00000000-0000-0000-0000-000000000000"))),
            pickled(call("pathlib", "PosixPath", text("models"), text("a.bin"))),
            pickled(call("functools", "partial", name("torch.nn.modules.linear", "Linear"))),
            pickled(call("collections", "defaultdict", name("builtins", "list"))),
            pickled(call("operator", "itemgetter", b"K\1")),
            pickled(call("_codecs", "encode", text("\x00\x01"), text("latin1"))),
            pickled(
                call("copyreg", "_reconstructor", name("sklearn.svm._classes", "SVC"), name("builtins", "object"), b"N")
            ),
            pickled(call("logging", "getLogger", text("train"))),
            pickled(call("pandas._libs.internals", "_unpickle_block", b"N", b"N", b"K\2")),
            pickled(call("sklearn.tree._tree", "__pyx_unpickle_Tree", b"K\1")),
            pickled(b"](" + text("os system") + text("cos\nsystem\n(S'echo x'\ntR.") + text("__import__('os')") + b"e"),
            pickled(b"\x97\x98", 5),
        ],
    )
    def test_what_libraries_write(self, body: bytes) -> None:
        facts = look(body, "m.pkl")
        assert facts.verdict is Verdict.CLEAR, facts.marks

    def test_a_class_that_is_merely_named_is_data(self) -> None:
        assert (
            verdict(pickled(b"](" + name("collections", "OrderedDict") + name("torch", "float32") + b"e")) is Verdict.CLEAR
        )

    def test_several_streams_and_padding_behind_them(self) -> None:
        assert verdict(pickled(b"K\1") + pickled(b"K\2") + bytes(8)) is Verdict.CLEAR

    def test_long_runs_of_numbers_are_cheap(self) -> None:
        facts = look(pickled(b"](" + b"K\7" * 400_000 + b"e"), "ints.pkl")
        assert facts.verdict is Verdict.CLEAR

    def test_text_that_is_no_pickle(self) -> None:
        facts = look(b"just text, not a pickle\n", "notes.pkl")
        assert (facts.format, facts.verdict) == ("text", Verdict.CLEAR)


class TestCallsAreBlocked:
    @pytest.mark.parametrize("proto", [0, 1, 2, 3, 4, 5])
    def test_in_every_protocol(self, proto: int) -> None:
        facts = look(payload(proto), "m.pkl")
        assert facts.verdict is Verdict.BLOCKED
        assert "os.system('echo x')" in facts.marks[0].detail
        assert facts.marks[0].offset > 0

    def test_text_only_protocol_without_magic(self) -> None:
        assert verdict(b"cos\nsystem\n(S'echo x'\ntR.") is Verdict.BLOCKED
        assert verdict(b"(S'echo x'\nios\nsystem\n.") is Verdict.BLOCKED

    @pytest.mark.parametrize("target", sorted(GADGETS))
    def test_published_gadgets(self, target: str) -> None:
        module, attribute = _split(target)
        assert verdict(pickled(stack_name(module, attribute) + short("x") + b"\x85R", 4)) is Verdict.BLOCKED

    @pytest.mark.parametrize(
        ("module", "path"),
        [
            ("random", "_os.system"),
            ("torch", "os.system"),
            ("numpy.lib.npyio", "os.system"),
            ("torch.utils.data", "sys.modules.get"),
            ("collections", "_sys.modules.__getitem__"),
            ("sklearn.base", "warnings.sys.modules.get"),
            ("builtins", "eval.__call__"),
            ("numpy", "__builtins__.get"),
            ("tarfile", "bltn_open"),
            ("inspect", "builtins.exec"),
        ],
    )
    def test_a_module_reached_through_another(self, module: str, path: str) -> None:
        assert verdict(pickled(stack_name(module, path) + short("x") + b"\x85R", 4)) is Verdict.BLOCKED


def _split(target: str) -> tuple[str, str]:
    """Module and dotted attribute: the attribute begins at the first part that starts with a capital, or is the last."""
    parts = target.split(".")
    classes = [index for index, part in enumerate(parts) if part.lstrip("_")[:1].isupper() and index]
    at = classes[0] if classes else len(parts) - (2 if parts[-1] in {"__call__", "__getitem__", "clear"} else 1)
    return ".".join(parts[:at]), ".".join(parts[at:])


class TestIndirection:
    """The stack machine follows values, so a name may come from anywhere."""

    @pytest.mark.parametrize(
        "body",
        [
            # name from the memo, memo overwritten, memo written from a value that is not the last opcode's
            short("os") + b"\x94" + short("system") + b"\x94" + b"00h\0h\1\x93" + ECHO + b"\x85R",
            text("posix") + b"q\0" + text("os") + b"q\0" + b"00" + b"h\0" + short("system") + b"\x93" + ECHO + b"\x85R",
            short("os") + short("x") + b"0q\5" + b"0h\5" + short("system") + b"\x93" + ECHO + b"\x85R",
            # operands swapped in by opcodes between the strings and STACK_GLOBAL
            short("os") + b"\x94" + short("system") + b"\x94" + short("collections") + b"0\x93" + ECHO + b"\x85R",
            # result dropped, called twice, OBJ and INST
            name("os", "system") + ECHO + b"\x85R0N",
            name("os", "system") + b"2" + ECHO + b"\x85R0" + ECHO + b"\x85R",
            b"(" + name("os", "system") + ECHO + b"o",
            b"(" + ECHO + b"ios\nsystem\n",
            # helpers that call what they are handed
            call("functools", "partial", name("os", "system"), ECHO),
            call("builtins", "map", name("os", "system"), b"](" + ECHO + b"e"),
            call("functools", "reduce", name("os", "system"), b"](" + ECHO + b"e"),
            call(
                "torch._tensor",
                "_rebuild_from_type_v2",
                name("os", "system"),
                name("torch", "Tensor"),
                b"(" + ECHO + b"t",
                b"}",
            ),
            call("collections", "defaultdict", name("os", "system")),
            call("builtins", "getattr", call("builtins", "__import__", text("os")), text("system")),
            call("builtins", "getattr", name("collections", "_sys"), text("modules")) + ECHO + b"\x85R",
            call("operator", "attrgetter", text("system")) + call("importlib", "import_module", text("os")) + b"\x85R",
            call("operator", "methodcaller", text("system"), ECHO) + name("builtins", "object") + b"\x85R",
            # extension registry filled in the stream
            call("copyreg", "add_extension", text("os"), text("system"), b"K\7") + b"0\x82\7" + ECHO + b"\x85R",
            # shared objects changed by BUILD, SETITEM, APPEND
            name("collections", "OrderedDict") + b"}(" + text("x") + name("os", "system") + b"ub",
            name("sys", "modules") + text("json") + name("os", "path") + b"s",
            name("sys", "path") + text("/tmp") + b"a",
            # a state that carries the function to call later
            new("sklearn.pipeline", "Pipeline", b"}(" + text("predict") + name("os", "system") + b"u"),
        ],
    )
    def test_is_blocked(self, body: bytes) -> None:
        facts = look(pickled(body, 4), "m.pkl")
        assert facts.verdict is Verdict.BLOCKED, facts.marks

    def test_a_name_looked_up_in_a_container(self) -> None:
        found = call("operator", "getitem", b"}(" + text("k") + text("system") + b"u", text("k"))
        assert verdict(pickled(short("os") + found + b"\x93" + ECHO + b"\x85R", 4)) is Verdict.BLOCKED

    def test_inside_a_model_whose_rest_is_ordinary(self) -> None:
        facts = look(state_dict(text("hook") + call("os", "system", ECHO)), "m.pkl")
        assert facts.verdict is Verdict.BLOCKED

    @pytest.mark.parametrize(
        "loader", [("pickle", "loads"), ("_pickle", "loads"), ("torch.storage", "_load_from_bytes"), ("dill", "loads")]
    )
    def test_a_pickle_carried_as_bytes(self, loader: tuple[str, str]) -> None:
        inner = pickled(call("pickle", "loads", blob(payload())))
        facts = look(pickled(call(*loader, blob(inner))), "m.pkl")
        assert facts.verdict is Verdict.BLOCKED
        assert any("loads at" in mark.member for mark in facts.marks)

    def test_bytes_of_protocol_two_carried_as_text(self) -> None:
        inner = payload(0).decode("latin-1")
        carried = call("_codecs", "encode", text(inner), text("latin1"))
        assert verdict(pickled(call("pickle", "loads", carried))) is Verdict.BLOCKED

    def test_a_tensor_carried_as_bytes_is_ordinary(self) -> None:
        legacy = b"".join(
            pickled(part) for part in (b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", b"M\xe9\x03", b"}", b"](K\1e", b"]")
        )
        assert verdict(pickled(call("torch.storage", "_load_from_bytes", blob(legacy)))) is Verdict.CLEAR


class TestWhatCannotBeJudgedIsNotVerified:
    @pytest.mark.parametrize(
        ("body", "cause"),
        [
            (b"", Cause.TRUNCATED),
            (pickled(new("acme.models", "Net")), Cause.UNKNOWN),
            (pickled(name("acme.models", "Net")), Cause.UNKNOWN),
            (pickled(call("acme.models", "Net", b"K\1")), Cause.UNKNOWN),
            (pickled(b"\x82\7K\1\x85R"), Cause.UNKNOWN),
            (pickled(text("storage-0") + b"Q"), Cause.UNKNOWN),
            (pickled(new("subprocess", "Popen")), Cause.UNKNOWN),
            (pickled(b"](K\1K\2")[:-1], Cause.TRUNCATED),
            (pickled(b"h\7"), Cause.MALFORMED),
            (pickled(b"R"), Cause.MALFORMED),
            (b"\x80\x04\xff.", Cause.MALFORMED),
            (b"\x80\x09K\1.", Cause.UNSUPPORTED),
            (pickled(b"B\xff\xff\xff\x7fab"), Cause.TRUNCATED),
            (pickled(b"Nr\xff\xff\xff\xff"), Cause.LIMIT),
            (pickled(b"K\1") + b"\x13\x37 some other bytes", Cause.TRAILING),
        ],
    )
    def test_with_its_cause(self, body: bytes, cause: Cause) -> None:
        facts = look(body, "m.pkl")
        assert facts.verdict is Verdict.NOT_VERIFIED
        assert cause in {mark.cause for mark in facts.marks}

    def test_what_came_before_the_break_is_still_judged(self) -> None:
        facts = look(payload()[:-1] + b"\xff\xff", "m.pkl")
        assert facts.verdict is Verdict.BLOCKED
        assert {mark.cause for mark in facts.marks} >= {Cause.CALL, Cause.MALFORMED}

    def test_an_object_that_crosses_its_frame(self) -> None:
        body = b"\x95" + struct.pack("<Q", 4) + b"N0" + blob(b"x" * 300) + STOP
        assert look(b"\x80\x04" + body, "m.pkl").verdict is Verdict.NOT_VERIFIED

    @pytest.mark.parametrize("padding", [b"", bytes(64), b"\n\n"])
    def test_a_second_stream_behind_padding_is_judged(self, padding: bytes) -> None:
        assert verdict(pickled(b"K\1") + padding + payload()) is Verdict.BLOCKED

    def test_a_stream_behind_other_bytes_is_found(self) -> None:
        facts = look(pickled(b"K\1") + b"\x01\x02\x03 other" + payload(), "m.pkl")
        assert Cause.DISGUISE in {mark.cause for mark in facts.marks}

    def test_a_stream_behind_a_picture(self) -> None:
        facts = look(b"\x89PNG\r\n\x1a\n" + payload(4), "m.png")
        assert facts.verdict is Verdict.NOT_VERIFIED
        assert facts.marks[0].offset == 8


class TestBudgets:
    def test_opcodes(self) -> None:
        facts = look(pickled(b"0".join([b"]"] * 3000)), "m.pkl", Limits(opcodes=1000))
        assert facts.marks[0].cause is Cause.LIMIT
        assert "1,000 opcodes" in facts.marks[0].detail

    def test_billion_laughs(self) -> None:
        body = b"](Ne" + b"".join(
            b"q" + bytes([n]) + b"](" + b"h" + bytes([n]) + b"h" + bytes([n]) + b"e" for n in range(90)
        )
        facts = look(pickled(call("collections", "deque", body)), "m.pkl")  # 2**90 values when walked, 600 bytes
        assert facts.verdict is Verdict.NOT_VERIFIED
        assert "bomb" in facts.marks[0].detail

    def test_shared_parts_are_ordinary(self) -> None:
        assert verdict(pickled(b"](](K\1eq\0h\0h\0h\0e")) is Verdict.CLEAR

    def test_deeply_nested_tuples(self) -> None:
        assert verdict(pickled(b")" + b"\x85" * 200_000)) is Verdict.NOT_VERIFIED

    def test_a_callable_behind_thousands_of_values_is_found(self) -> None:
        body = call("collections", "deque", b"](" + b"K\1" * 5_000 + name("os", "system") + b"e")
        facts = look(pickled(body), "m.pkl")
        assert facts.verdict is Verdict.BLOCKED
        assert "is handed os.system" in facts.marks[0].detail or "is handed posix.system" in facts.marks[0].detail

    def test_values_past_the_budget_of_calls_are_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mlsupply.evidence.models.calls._WALK", 50)
        facts = look(pickled(call("collections", "deque", b"](" + b"K\1" * 60 + b"e")), "m.pkl")
        assert facts.verdict is Verdict.NOT_VERIFIED
        assert facts.marks[0].cause is Cause.LIMIT
        assert "calls are handed more than" in facts.marks[0].detail

    @pytest.mark.parametrize("unit", [b"\x80\x04N0", b"\x80\x04("])
    def test_a_picture_full_of_beginnings_of_pickles_does_not_hold_the_run_up(self, unit: bytes) -> None:
        facts = look(b"\x89PNG\r\n\x1a\n" + unit * 20_000, "m.png")
        assert facts.verdict is Verdict.NOT_VERIFIED
        assert (facts.marks[0].cause, facts.marks[0].offset > 0) == (Cause.LIMIT, True)

    def test_what_of_a_picture_was_not_searched_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mlsupply.evidence.models.texts.SEARCHED", 1000)
        picture = b"\x89PNG\r\n\x1a\n" + bytes(2000)
        assert look(picture, "m.png").marks[0].detail == "2,008 bytes, of which the first 1,000 were searched for a pickle"

    def test_many_marks_are_counted_not_kept(self) -> None:
        facts = look(pickled(b"".join(call("acme", f"f{n}", b"N") + b"0" for n in range(500)) + b"N"), "m.pkl")
        assert len(facts.marks) <= Limits().marks


class TestJoblib:
    """joblib writes array bytes into the stream, which a linear reader takes for opcodes."""

    @staticmethod
    def wrapped(raw: bytes, kind: str = "f8", count: int = 1, align: bool = True) -> bytes:
        dtype = (
            call("numpy", "dtype", text(kind), b"\x89", b"\x88")
            + b"(K\3"
            + text("<")
            + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
        )
        state = text("shape") + b"K" + bytes([count]) + b"\x85" + text("dtype") + dtype
        state += text("numpy_array_alignment_bytes") + (b"K\x10" if align else b"N")
        return (
            name("joblib.numpy_pickle", "NumpyArrayWrapper")
            + b")\x81}("
            + state
            + b"ub"
            + (b"\3\xff\xff\xff" if align else b"")
            + raw
        )

    def test_array_bytes_are_stepped_over(self) -> None:
        assert verdict(pickled(self.wrapped(b"cos\nsyst"), 4)) is Verdict.CLEAR
        assert verdict(pickled(self.wrapped(b"cos\nsyst", align=False), 4)) is Verdict.CLEAR

    def test_a_call_behind_an_array(self) -> None:
        assert verdict(pickled(self.wrapped(bytes(8)) + b"0" + call("os", "system", ECHO), 4)) is Verdict.BLOCKED

    def test_an_array_of_objects_holds_a_pickle(self) -> None:
        assert (
            verdict(pickled(self.wrapped(payload(), "O8", align=True).replace(b"\3\xff\xff\xff\x80", b"\x80"), 4))
            is Verdict.BLOCKED
        )

    def test_an_array_that_is_longer_than_the_file(self) -> None:
        facts = look(pickled(self.wrapped(bytes(8), count=200), 4), "m.joblib")
        assert facts.marks[0].cause is Cause.TRUNCATED

    def test_compressed(self) -> None:
        assert verdict(gzip.compress(payload())) is Verdict.BLOCKED
        assert verdict(gzip.compress(array())) is Verdict.CLEAR


class TestLegacyTorch:
    HEAD = b"".join(pickled(part) for part in (b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", b"M\xe9\x03", b"}"))
    STORAGE = struct.pack("<q", 4) + bytes(16)

    def test_is_clear(self) -> None:
        data = self.HEAD + pickled(b"}(" + text("w") + tensor() + b"u") + pickled(b"](" + text("0") + b"e") + self.STORAGE
        facts = look(data, "m.pt")
        assert facts.verdict is Verdict.CLEAR, facts.marks
        assert "torch legacy format" in facts.notes

    @pytest.mark.parametrize("place", [0, 1])
    def test_a_call_in_the_object_or_the_keys(self, place: int) -> None:
        parts = [pickled(tensor()), pickled(b"](" + text("0") + b"e")]
        parts[place] = payload()
        assert verdict(self.HEAD + b"".join(parts) + self.STORAGE) is Verdict.BLOCKED

    def test_a_pickle_behind_the_storages(self) -> None:
        data = self.HEAD + pickled(tensor()) + pickled(b"](" + text("0") + b"e") + self.STORAGE + payload()
        assert verdict(data) is Verdict.NOT_VERIFIED

    def test_a_magic_number_computed_by_a_call(self) -> None:
        assert verdict(pickled(call("builtins", "eval", text("0x1950a86a20f9469cfc6c"))) + payload()) is Verdict.BLOCKED


class TestThisPythonsOwnPickles:
    """What the standard library's pickler writes of ordinary values, in every protocol. Only written, never read back."""

    @pytest.mark.parametrize("proto", range(6))
    def test_are_clear(self, proto: int) -> None:
        for value in ORDINARY:
            facts = look(pickle.dumps(value, proto), "m.pkl")
            assert facts.verdict is Verdict.CLEAR, (value, facts.marks)


ORDINARY: list[object] = [
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    decimal.Decimal("1.5"),
    fractions.Fraction(1, 2),
    uuid.UUID(int=1),
    ipaddress.ip_network("10.0.0.0/8"),
    collections.OrderedDict(a=1),
    collections.Counter("aab"),
    collections.deque([1], maxlen=3),
    collections.defaultdict(list),
    collections.UserDict(a=1),
    re.compile("a"),
    pathlib.PurePosixPath("a/b"),
    http.HTTPStatus.OK,
    functools.partial(int, base=2),
    operator.itemgetter(1),
    operator.attrgetter("a"),
    operator.methodcaller("lower"),
    [slice(1), range(3), 1j, b"x", bytearray(b"x"), {1}, frozenset([1]), 10**50],
    [type(None), ..., NotImplemented, int, len, math.sqrt, sorted, str.split, ValueError("x")],
    [list[int], dict[str, int]],
    types.SimpleNamespace(a=1),
    argparse.Namespace(a=1),
    arrays.array("d", [1.0]),
    random.Random(1),
    logging.getLogger("x"),
    urllib.parse.urlparse("https://x.example"),
]


def test_a_stream_that_breaks_before_it_calls_what_it_refers_to_is_blocked() -> None:
    """A loader stops there too, but nobody writes such a name into a file to leave it alone."""
    started = b"\x80\x02csubprocess\ncheck_output\n(]X\x02\x00\x00\x00sha "
    assert verdict(started + b"R.") is Verdict.BLOCKED
    assert verdict(started[:-1]) is Verdict.NOT_VERIFIED  # cut off: the rest is missing, not wrong
    assert verdict(b"\x80\x02ccollections\nOrderedDict\n(]X\x02\x00\x00\x00sha R.") is Verdict.NOT_VERIFIED
