"""Formats that are no pickles: arrays, tensors, graphs, configurations, templates."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from mlsupply.evidence.models import Cause, ModelFacts, Verdict, look, look_at_path
from tests.models.keras_files import CODE, hdf5, keras, layer, sequential
from tests.models.writing import Zip, field, gguf, npy, payload, pickled, safetensors, text


def said(data: bytes, name: str = "m") -> tuple[Verdict, Cause | None]:
    facts = look(data, name)
    return facts.verdict, facts.marks[0].cause if facts.marks else None


CLEAR = (Verdict.CLEAR, None)


class TestNumpy:
    @pytest.mark.parametrize("version", [1, 2, 3])
    def test_numbers(self, version: int) -> None:
        assert said(npy("'<f8'", "(2,)", bytes(16), version)) == CLEAR
        assert said(npy("[('a', '<f4'), ('b', '<U3', (2,))]", "(1,)", bytes(28), version)) == CLEAR

    def test_objects_are_a_pickle(self) -> None:
        assert said(npy("'|O'", "(1,)", payload()))[0] is Verdict.BLOCKED
        assert said(npy("'|O'", "(1,)", pickled(text("a")))) == CLEAR
        assert said(npy("[('a', '|O')]", "(1,)", payload()))[0] is Verdict.BLOCKED

    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (npy("'<f8'", "(1000,)", bytes(24)), Cause.TRUNCATED),
            (npy("'<f8'", "(1,)", bytes(24)), Cause.TRAILING),
            (npy("__import__('os')", "(1,)", bytes(8)), Cause.MALFORMED),
            (npy("'<f8'", "(-1,)", bytes(8)), Cause.MALFORMED),
            (b"\x93NUMPY\x01\x00\x16\x00" + b"{" * 22, Cause.MALFORMED),
            (b"\x93NUMPY\x01\x00", Cause.TRUNCATED),
            (b"\x93NUMPY\x09\x00\x00\x00", Cause.MALFORMED),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", Cause.MALFORMED),
        ],
    )
    def test_what_is_wrong(self, data: bytes, cause: Cause) -> None:
        assert said(data) == (Verdict.NOT_VERIFIED, cause)

    def test_a_pickle_in_an_arrays_name(self) -> None:
        assert look(payload(), "a.npy").format == "pickle"


ONE = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}


class TestSafetensors:
    def test_tensors(self) -> None:
        assert said(safetensors(ONE, bytes(8))) == CLEAR
        assert said(safetensors(ONE | {"__metadata__": {"note": "eval(x)"}}, bytes(8))) == CLEAR
        assert said(safetensors({"__metadata__": {}})) == CLEAR

    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (safetensors(ONE, bytes(4)), Cause.TRUNCATED),
            (safetensors(ONE, bytes(8) + payload()), Cause.TRAILING),
            (safetensors(ONE, b"", size=2 << 30), Cause.MALFORMED),
            (safetensors(b'{"a":{},"a":{}}'), Cause.MALFORMED),
            (safetensors({"w": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, bytes(12)), Cause.MALFORMED),
            (safetensors({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)), Cause.MALFORMED),
            (safetensors({"w": {"dtype": "X9", "shape": [2], "data_offsets": [0, 8]}}, bytes(8)), Cause.MALFORMED),
            (safetensors(b"{nope"), Cause.MALFORMED),
            (safetensors({"__metadata__": {"a": 1}}), Cause.MALFORMED),
        ],
    )
    def test_what_is_wrong(self, data: bytes, cause: Cause) -> None:
        facts = look(data, "m.safetensors")
        assert facts.verdict is Verdict.NOT_VERIFIED
        assert cause in {mark.cause for mark in facts.marks}


CHATML = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] }}{% endfor %}"


class TestTemplates:
    @pytest.mark.parametrize(
        "template",
        [
            CHATML,
            "{%- set ns = namespace(found=false) -%}{%- macro f(t) -%}{{ t.function.name | tojson }}{%- endmacro -%}",
            "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ messages[0].content | trim }}{% endif %}__text__",
            "{{ raise_exception('roles must alternate: __class__ is only a word here') }}",
            "{{ strftime_now('%d %b %Y') }}{{ messages | selectattr('role', 'equalto', 'user') | list | length }}",
            "{{ '_' ~ tool.name }}{{ messages[loop.index0 - 1]['content'].split('</think>')[-1].lstrip('\\n') }}",
            "{{ message.content | replace('__', '_') }}",
            "{{ {'a': {'b': '}}'}} | tojson }} is written as it's __class__ {{ ",
        ],
    )
    def test_ordinary_ones_are_clear(self, template: str) -> None:
        facts = look(gguf([("general.name", "m"), ("tokenizer.chat_template", template)]), "m.gguf")
        assert facts.verdict is Verdict.CLEAR, facts.marks

    @pytest.mark.parametrize(
        "template",
        [
            "{{ lipsum.__globals__['os'].popen('echo x').read() }}",
            "{{ ''.__class__.__mro__[1].__subclasses__() }}",
            "{{ '}}' ~ ''.__class__.__base__ }}",
            "{{ {'a': {'b': 1}}.__class__.__base__ }}",
            "{% if ('%}') and {'a': {}}['__class__'] %}{% endif %}",
            "{{ ''|attr('__class__') }}",
            "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
            "{{ ''['__cla' ~ 'ss__'] }}",
            "{{ ''|attr(['_'*2, 'class', '_'*2]|join) }}",
            "{{ x['__ssalc__'|reverse] }}",
            "{% set k = '__class__' %}{{ x|attr(k) }}",
            "{{ messages|map(attribute='__class__')|list }}",
            "{{ cycler.__init__.__globals__.os.system('echo x') }}",
            "{{ self._TemplateReference__context }}",
            "{{ '%c%cclass%c%c'|format(95,95,95,95) and x|attr(y) }}",
            "{{ namespace.__init__.__builtins__['eval']('1') }}",
            "{{ joiner['__init__']['__globals__'] }}",
            "{{ (x for x in y).gi_frame.f_globals }}",
            "{{ config.items().os.popen('x') }}",
        ],
    )
    def test_ways_out_are_blocked(self, template: str) -> None:
        for data in (
            gguf([("tokenizer.chat_template.rag", template)]),
            json.dumps({"chat_template": [{"name": "rag", "template": template}]}).encode(),
            (CHATML + template).encode(),
        ):
            facts = look(data, "m")
            assert facts.verdict is Verdict.BLOCKED, (facts.format, template)
            assert facts.marks[0].cause is Cause.TEMPLATE


class TestGguf:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (gguf([("a", "b")], count=1 << 40), Cause.MALFORMED),
            (gguf([("a", "b")], count=2), Cause.TRUNCATED),
            (gguf([("a", "b")], tensors=1 << 60), Cause.MALFORMED),
            (gguf([("a", "b")])[:-1], Cause.TRUNCATED),
            (b"GGUF" + struct.pack("<IQQ", 77, 0, 0), Cause.UNSUPPORTED),
            (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62), Cause.TRUNCATED),
            (b"GGUF\x03", Cause.TRUNCATED),
        ],
    )
    def test_absurd_numbers(self, data: bytes, cause: Cause) -> None:
        assert said(data + bytes(40) if cause is Cause.MALFORMED else data) == (Verdict.NOT_VERIFIED, cause)

    def test_arrays_are_stepped_over(self) -> None:
        strings = struct.pack("<IQ", 8, 2) + b"".join(struct.pack("<Q", 1) + b"x" for _ in range(2))
        numbers = struct.pack("<IQ", 4, 3) + bytes(12)
        body = b"".join(
            struct.pack("<Q", 1) + key + struct.pack("<I", 9) + v for key, v in ((b"s", strings), (b"n", numbers))
        )
        assert said(b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + body) == CLEAR


class TestOnnx:
    @staticmethod
    def model(node: bytes = b"", tensor: bytes = b"", extra: bytes = b"") -> bytes:
        graph = field(1, node) + (field(5, tensor) if tensor else b"")
        return field(1, 8) + field(2, "pytorch") + field(7, graph) + field(8, field(2, 17)) + extra

    RELU = field(1, "x") + field(2, "y") + field(4, "Relu")

    def test_standard_operators(self) -> None:
        assert said(self.model(self.RELU)) == CLEAR
        assert said(self.model(field(4, "FusedMatMul") + field(7, "com.microsoft"))) == CLEAR

    @pytest.mark.parametrize("place", ["../../etc/passwd", "/etc/passwd", "C:\\x", "a/../../b", "..\\x"])
    def test_external_data_outside_the_folder(self, place: str) -> None:
        tensor = field(1, 2) + field(8, "w") + field(13, field(1, "location") + field(2, place)) + field(14, 1)
        assert said(self.model(self.RELU, tensor)) == (Verdict.BLOCKED, Cause.PATH)

    def test_external_data_beside_the_model(self) -> None:
        tensor = field(8, "w") + field(13, field(1, "location") + field(2, "weights.bin"))
        assert said(self.model(self.RELU, tensor)) == CLEAR

    def test_the_same_inside_a_branch(self) -> None:
        tensor = field(13, field(1, "location") + field(2, "../x"))
        branch = field(5, field(1, "then_branch") + field(6, field(5, tensor)))
        assert said(self.model(field(4, "If") + branch)) == (Verdict.BLOCKED, Cause.PATH)

    def test_custom_operators(self) -> None:
        assert said(self.model(field(4, "Mine") + field(7, "acme.ops"))) == (Verdict.NOT_VERIFIED, Cause.CUSTOM)
        assert said(self.model(field(4, "PyOp") + field(7, "ai.onnx.contrib")))[0] is Verdict.NOT_VERIFIED

    def test_cut_off(self) -> None:
        assert said(self.model(self.RELU)[:-9])[0] is Verdict.NOT_VERIFIED


class TestSavedModel:
    @staticmethod
    def model(*operators: str, inside: bool = False) -> bytes:
        nodes = b"".join(field(3 if inside else 1, field(1, f"n{i}") + field(2, op)) for i, op in enumerate(operators))
        graph = field(2, field(1, nodes)) if inside else nodes
        return field(1, 1) + field(2, field(1, field(4, "serve")) + field(2, graph))

    def test_operators(self) -> None:
        assert said(self.model("Const", "MatMul", "SaveV2", "RestoreV2", "ShardedFilename")) == CLEAR
        assert said(self.model("Const", "ReadFile")) == (Verdict.BLOCKED, Cause.OPERATOR)
        assert said(self.model("Const", "WriteFile", inside=True)) == (Verdict.BLOCKED, Cause.OPERATOR)
        assert said(self.model("PyFunc")) == (Verdict.BLOCKED, Cause.OPERATOR)


class TestKeras:
    @pytest.mark.parametrize(
        "config",
        [
            sequential(layer("Dense", config={"units": 1, "activation": "relu"})),
            sequential(layer("StringLookup", config={"vocabulary": ["a", "b"]})),
            sequential(layer("Dense"), layer("relu", "keras.activations")) | {"compile_config": {"loss": "mse"}},
            sequential(layer("function", "builtins", "relu")),
        ],
    )
    def test_ordinary_models_are_clear(self, config: dict[str, object]) -> None:
        for data in (keras(config), hdf5(json.dumps(config).encode())):
            facts = look(data, "m")
            assert facts.verdict is Verdict.CLEAR, facts.marks

    @pytest.mark.parametrize(
        "node",
        [
            layer("Lambda", config={"function": CODE}),
            layer("Lambda", config={"function": ["4wEAAA", None, None], "function_type": "lambda"}),
            layer("TimeDistributed", config={"layer": layer("Lambda", config={"function": CODE})}),
            layer("Sequential", "keras", {"layers": [layer("Lambda", config={"function": CODE})]}),
            layer("Dense", config={"kernel_initializer": CODE}),
            layer("function", "builtins", "eval"),
            layer("function", "subprocess", "call"),
            layer("Popen", "subprocess", {"args": ["x"]}),
            layer("function", "keras.utils", "get_file"),
            layer("function", "keras.src.utils.file_utils", "get_file"),
            layer("function", "keras.config", "enable_unsafe_deserialization"),
            layer("function", "keras.models", "load_model"),
            layer("function", "numpy", "load"),
            layer("TFSMLayer", config={"filepath": "//host.invalid/x"}),
            layer("TorchModuleWrapper", config={"module": "x"}),
            layer("StringLookup", config={"vocabulary": "/etc/passwd"}),
        ],
    )
    def test_acting_parts_are_blocked_wherever_they_stand(self, node: dict[str, object]) -> None:
        for config in (sequential(layer("Dense"), node), sequential() | {"compile_config": {"loss": node}}):
            assert look(keras(config), "m.keras").verdict is Verdict.BLOCKED
            assert look(hdf5(b"model_config", json.dumps(config).encode()), "m.h5").verdict is Verdict.BLOCKED

    @pytest.mark.parametrize(
        "node", [layer("Mine", "acme.layers"), layer("Dense") | {"registered_name": "acme>Mine"}, layer("X", "keras.odd")]
    )
    def test_unknown_parts_are_not_verified(self, node: dict[str, object]) -> None:
        assert look(keras(sequential(node)), "m.keras").verdict is Verdict.NOT_VERIFIED

    def test_a_link_out_of_an_hdf5_file(self) -> None:
        link = b"\x01\x08\x40\x0dmodel_weights" + struct.pack("<H", 15) + b"\0/etc/passwd\0x\0"
        assert said(hdf5(link)) == (Verdict.BLOCKED, Cause.PATH)

    def test_cut_off(self) -> None:
        assert said(hdf5(b"", end=5000)) == (Verdict.NOT_VERIFIED, Cause.TRUNCATED)
        assert said(Zip().add("metadata.json", b"{}").end())[0] is Verdict.NOT_VERIFIED

    def test_a_pickle_among_the_assets(self) -> None:
        data = (
            Zip()
            .add("metadata.json", b"{}")
            .add("config.json", json.dumps(sequential()).encode())
            .add("assets/v.pkl", payload())
        )
        assert look(data.end(), "m.keras").verdict is Verdict.BLOCKED


class TestConfigurations:
    @pytest.mark.parametrize(
        ("config", "verdict"),
        [
            ({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, Verdict.CLEAR),
            ({"_attn_implementation": "flash_attention_2"}, Verdict.CLEAR),
            ({"auto_map": {"AutoModel": "modeling_x.X"}}, Verdict.NOT_VERIFIED),
            ({"auto_map": {"AutoModel": "someone/else--modeling_x.X"}}, Verdict.NOT_VERIFIED),
            ({"nested": {"trust_remote_code": True}}, Verdict.BLOCKED),
            ({"_attn_implementation_internal": "someone/kernels"}, Verdict.BLOCKED),
            ({"_diffusers_version": "0.30", "unet": ["diffusers", "UNet2DConditionModel"]}, Verdict.CLEAR),
            ({"_diffusers_version": "0.30", "unet": ["my_unet", "Unet"]}, Verdict.NOT_VERIFIED),
            ({"py/object": "os.system"}, Verdict.BLOCKED),
            ({"model": {"_target_": "os.system"}}, Verdict.BLOCKED),
        ],
    )
    def test_what_a_loader_would_do(self, config: dict[str, object], verdict: Verdict) -> None:
        assert look(json.dumps(config).encode(), "config.json").verdict is verdict

    def test_code_beside_the_configuration_is_judged_with_it(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "modeling_x.X"}}))
        (tmp_path / "modeling_x.py").write_text("import torch\nclass X(torch.nn.Module): pass\n")
        assert look_at_path(tmp_path / "config.json").verdict is Verdict.NOT_VERIFIED
        (tmp_path / "modeling_x.py").write_text("from os import system as s\ns('echo x')\n")
        assert look_at_path(tmp_path / "config.json").verdict is Verdict.BLOCKED

    def test_skops(self) -> None:
        def archive(module: str, name: str, loader: str) -> ModelFacts:
            schema = {"__class__": name, "__module__": module, "__loader__": loader, "content": {}}
            return look(Zip().add("schema.json", json.dumps(schema).encode()).end(), "m.skops")

        assert archive("sklearn.linear_model._base", "LinearRegression", "ObjectNode").verdict is Verdict.CLEAR
        assert archive("operator", "methodcaller", "OperatorFuncNode").verdict is Verdict.BLOCKED
        assert archive("os", "system", "FunctionNode").verdict is Verdict.BLOCKED

    def test_a_torchserve_handler(self) -> None:
        def archive(code: bytes) -> Verdict:
            manifest = b'{"model": {"handler": "handler.py"}}'
            return look(Zip().add("MAR-INF/MANIFEST.json", manifest).add("handler.py", code).end(), "m.mar").verdict

        assert archive(b"import os\nos.system('echo x')\n") is Verdict.BLOCKED
        assert archive(b"class Handler: pass\n") is Verdict.NOT_VERIFIED


@pytest.mark.parametrize("size", range(0, 64, 3))
def test_random_heads_never_raise(size: int) -> None:
    """Every format's magic followed by bytes that mean nothing gives facts, not an exception."""
    import random

    source = random.Random(size)
    for head in (
        b"GGUF",
        b"\x93NUMPY",
        b"PK\3\4",
        b"\x89HDF\r\n\x1a\n",
        b"7z\xbc\xaf\x27\x1c",
        b"\x08\x08\x12",
        b"\x80\x04",
        b"{",
    ):
        data = head + source.randbytes(size * 4)
        assert look(data, "m").name == "m"
        assert look(data + data, "m").size == 2 * len(data)


class TestText:
    """YAML that builds objects, and XML with entities, however they are written and whatever stands before them."""

    PADDING = b"# one of very many lines of comment\n" * 180_000  # 6 MB

    @pytest.mark.parametrize(
        "text",
        [
            "# {% if x %}\na: !!python/object/apply:os.system [id]\n",  # at first sight a template
            "{a: 1, b: !!python/object/apply:os.system [id]}\n",
            '"a b": &x !!python/object/apply:os.system [id]\n',
            "a: !<tag:yaml.org,2002:python/object/apply:os.system> [id]\n",
            "a: !!%70ython/object/apply:os.system [id]\n",
            "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!name:os.system\n",
            "a: 1\rb: !!python/object/apply:os.system [id]\r",
            "\ufeffa: !!python/module:os\n",
            "a: !!python/name:os.system\nb: [\n",  # a document before the fault may have been built
            "model: {_target_: os.system, command: id}\n",
            "model:\n  '_target_': os.system\n",
            "model:\n  ? _target_\n  : os.system\n",
            "- _target_: torch.nn.Linear\n" * 300 + "- _target_: os.system\n",
        ],
    )
    def test_yaml_that_builds_objects_is_blocked(self, text: str) -> None:
        assert look(text.encode(), "model.yaml").verdict is Verdict.BLOCKED

    @pytest.mark.parametrize(
        "text",
        [
            "x: |\n  a: !!python/object/apply:os.system [id]\n",  # a text, and no tag
            "note: a tag such as !!python/object/apply:os.system is refused\n",
            "a: !!python/tuple [1, 2]\nb: 100%\n",
            "say: it is no !!python/object at all\n" * 1_000,
            "- _target_: torch.nn.Linear\n",
        ],
    )
    def test_words_about_it_are_data(self, text: str) -> None:
        assert look(text.encode(), "model.yaml").verdict is Verdict.CLEAR

    @pytest.mark.parametrize("line", [b"a: !!python/object/apply:os.system ['id']\n", b"model:\n  _target_: os.system\n"])
    def test_behind_megabytes_of_comment_it_is_seen_where_it_stands(self, line: bytes) -> None:
        facts = look(self.PADDING + line, "model.yaml")
        assert facts.verdict is Verdict.BLOCKED
        assert facts.marks[0].offset >= len(self.PADDING)
        assert look(self.PADDING + b"# !!python/\n", "model.yaml").verdict is Verdict.NOT_VERIFIED, "longer than is parsed"
        assert look(self.PADDING, "model.yaml").verdict is Verdict.CLEAR

    def test_what_is_past_a_bound_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("mlsupply.evidence.models.texts._ENTITIES", 3)
        many = b"<!DOCTYPE p [" + b'<!ENTITY a "1">' * 3 + b'<!ENTITY x SYSTEM "file:///etc/passwd">]><PMML>&x;</PMML>'
        facts = look(b'<?xml version="1.0"?>' + many, "m.pmml")
        assert Cause.LIMIT in {mark.cause for mark in facts.marks}
        monkeypatch.setattr("mlsupply.evidence.models.templates._MOST", 100)
        facts = look(json.dumps({"chat_template": "plain " * 50}).encode(), "tokenizer_config.json")
        assert (facts.verdict, facts.marks[0].cause) == (Verdict.NOT_VERIFIED, Cause.LIMIT)

    def test_the_place_is_a_byte_also_behind_characters_of_several(self) -> None:
        facts = look("ä: ö\nb: !!python/name:os.system\n".encode(), "m.yaml")
        assert [mark.offset for mark in facts.marks] == [7]

    @pytest.mark.parametrize("between", [b"", PADDING])
    def test_an_entity_of_xml_behind_a_comment_is_seen(self, between: bytes) -> None:
        start = b'<?xml version="1.0"?><!--' + self.PADDING + b"--><!DOCTYPE PMML [<!--" + between + b"-->"
        outside = start + b'<!ENTITY y "1"><!ENTITY x SYSTEM "file:///etc/passwd">]><PMML>&x;</PMML>'
        assert look(outside, "model.pmml").verdict is Verdict.BLOCKED
        own = start + b'<!ENTITY x "text">]><PMML>&x;</PMML>'
        assert look(own, "model.pmml").verdict is Verdict.NOT_VERIFIED
        plain = b'<?xml version="1.0"?><!--' + self.PADDING + b"--><PMML></PMML>"
        assert look(plain, "model.pmml").verdict is Verdict.CLEAR
