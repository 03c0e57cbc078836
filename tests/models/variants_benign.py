"""What ordinary libraries write, opcode by opcode and byte by byte: the shapes of real files, of our own making."""

from __future__ import annotations

import json
import struct
import zlib

from tests.models.keras_files import keras, layer, sequential
from tests.models.writing import (
    Zip,
    array,
    blob,
    call,
    field,
    gguf,
    name,
    new,
    npy,
    pickled,
    safetensors,
    short,
    state_dict,
    tensor,
    text,
)

ARRAY = call("numpy._core.multiarray", "_reconstruct", name("numpy", "ndarray"), b"K\0\x85", blob(b"b"))


def _state(**pairs: bytes) -> bytes:
    return b"}(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def pickles() -> dict[str, bytes]:
    """Single pickles, each in the spelling its library has."""
    tree = call("sklearn.tree._tree", "Tree", b"K\4", ARRAY, b"K\1") + _state(nodes=ARRAY) + b"b"
    loss = new("sklearn._loss.loss", "HalfBinomialLoss", _state(closs=call("sklearn._loss._loss", "CyHalfBinomialLoss")))
    bodies = {
        "decision tree": new("sklearn.tree._classes", "DecisionTreeClassifier", _state(tree_=tree)),
        "gradient boosting": new("sklearn.ensemble._gb", "GradientBoostingClassifier", _state(_loss=loss)),
        "passive aggressive": call("sklearn.linear_model._sgd_fast", "Hinge", b"G?\xf0\0\0\0\0\0\0"),
        "tweedie": call("sklearn._loss._loss", "CyHalfTweedieLossIdentity", b"G" + bytes(8)),
        "nearest neighbours": call("sklearn.neighbors._kd_tree", "newObj", name("sklearn.neighbors._kd_tree", "KDTree64")),
        "hdbscan": call("hdbscan.dist_metrics", "newObj", name("hdbscan.dist_metrics", "EuclideanDistance")),
        "function transformer": new(
            "sklearn.preprocessing._function_transformer",
            "FunctionTransformer",
            _state(func=call("numpy._core", "_ufunc_reconstruct", text("numpy"), text("log1p"))),
        ),
        "scorer": new(
            "sklearn.metrics._scorer", "_Scorer", _state(_score_func=name("sklearn.metrics._classification", "f1_score"))
        ),
        "string dtype": call("pandas", "StringDtype", text("python"), b"G\x7f\xf8" + bytes(6)),
        "period dtype": call("pandas", "PeriodDtype", text("period[M]")),
        "interval index": call("pandas.core.indexes.interval", "_new_IntervalIndex", name("pandas", "IntervalIndex"), b"}"),
        "timedelta index": call(
            "pandas.core.indexes.timedeltas", "_new_TimedeltaIndex", name("pandas", "TimedeltaIndex"), b"}"
        ),
        "year end": call("pandas._libs.tslibs.offsets", "YearEnd", b"K\1", b"\x89", b"K\x0c"),
        "sparse index": call("pandas._libs.sparse", "IntIndex", b"K\3", ARRAY),
        "categorical": call("pandas.core.dtypes.dtypes", "CategoricalDtype", b"N", b"\x89"),
        "booster": new("xgboost.core", "Booster", _state(handle=blob(b"{L" + bytes(8)))),
        "light gradient boosting": new("lightgbm.basic", "Booster", _state(_handle=text("tree\nversion=v4\n"))),
        "statespace": call("statsmodels.tsa.statespace._initialization", "dInitialization", b"K\1", ARRAY, ARRAY, ARRAY),
        "frequencies": call("nltk.probability", "FreqDist", _state(a=b"K\2")),
        "word vectors": new("gensim.models.keyedvectors", "KeyedVectors", _state(vectors=ARRAY, index_to_key=b"]")),
        "survival curve": new(
            "lifelines.fitters.kaplan_meier_fitter",
            "KaplanMeierFitter",
            _state(_censoring_type=call("lifelines.utils", "CensoringType", text("right"))),
        ),
        "flags of regex": call("regex._regex_core", "RegexFlag", b"K8"),
        "spacy vocabulary": call(
            "spacy.vocab", "unpickle_vocab", call("spacy.strings", "StringStore", b"](" + text("a") + b"e"), ARRAY
        ),
        "tokenizer": new("tokenizers", "Tokenizer", blob(b'{"version":"1.0"}')),
        "training arguments": new(
            "transformers.training_args",
            "TrainingArguments",
            _state(
                output_dir=text("out"), lr_scheduler_type=call("transformers.trainer_utils", "SchedulerType", text("linear"))
            ),
        ),
        "low rank adapter": new(
            "peft.tuners.lora.config",
            "LoraConfig",
            _state(task_type=call("peft.utils.peft_types", "TaskType", text("CAUSAL_LM"))),
        ),
        "scheduler": new("torch.optim.lr_scheduler", "CosineAnnealingLR", _state(T_max=b"K\x0a")),
        "frozen namespace": call("types", "SimpleNamespace") + _state(a=b"K\1") + b"b",
        "ordered dict with attributes": call("collections", "OrderedDict")
        + b"}("
        + text("_metadata")
        + call("collections", "OrderedDict")
        + b"ub",
        "random state": call(
            "numpy.random._pickle",
            "__randomstate_ctor",
            call("numpy.random._pickle", "__bit_generator_ctor", name("numpy.random._mt19937", "MT19937")),
        )
        + _state(state=ARRAY)
        + b"b",
        "generator": call(
            "numpy.random._pickle", "__generator_ctor", call("numpy.random._pickle", "__bit_generator_ctor", text("PCG64"))
        ),
        "scalar": call(
            "numpy._core.multiarray", "scalar", call("numpy", "dtype", text("f4"), b"\x89", b"\x88"), blob(bytes(4))
        ),
        "masked array": call(
            "numpy.ma.core",
            "_mareconstruct",
            name("numpy.ma", "MaskedArray"),
            name("numpy", "ndarray"),
            b"K\0\x85",
            text("b"),
        ),
        "a type or none": call(
            "functools",
            "reduce",
            name("operator", "or_"),
            name("builtins", "int") + call("builtins", "type", b"N") + b"\x86",
        ),
        "partial of a layer": call("functools", "partial", name("torch.nn.modules.normalization", "LayerNorm")),
        "arrow type": call("pyarrow.lib", "type_for_alias", text("int64")),
        "offset-aware time": call(
            "datetime", "datetime", blob(bytes(10)), call("zoneinfo", "ZoneInfo._unpickle", text("Europe/Berlin"), b"K\1")
        ),
        "decimal": call("decimal", "Decimal", text("1.5")),
        "log record": new("logging", "LogRecord"),
        "syntax tree": new("ast", "BinOp", _state(op=call("ast", "Add"))),
        "sorter": new("graphlib", "TopologicalSorter"),
        "words that look bad": b"]("
        + b"".join(text(word) for word in ("os", "system", "eval", "__import__", "rm -rf /"))
        + b"e",
        "list of types": b"](" + name("builtins", "int") + name("numpy", "float64") + b"e",
        "python 2 zip": call("itertools", "izip", call("builtins", "iter", b"]")),
        "arguments of a detector": call("ultralytics.utils", "IterableSimpleNamespace"),
    }
    made = {key: pickled(body, 4 if number % 2 else 2) for number, (key, body) in enumerate(bodies.items())}
    made["array in text protocol"] = b"c_codecs\nencode\np0\n(V" + b"\\u0001ab" * 20_000 + b"\np1\nVlatin1\np2\ntp3\nRp4\n."
    made["escaped string"] = b"S'a\\x01\\n\\'b'\n."
    made["framed"] = b"\x80\4\x95" + struct.pack("<Q", 12) + b"]\x94(" + short("abcdef") + b"e" + b"."
    made["keras model"] = pickled(
        call(
            "keras.src.saving.keras_saveable",
            "KerasSaveable._unpickle_model",
            call("_io", "BytesIO", blob(keras(sequential()))),
        ),
        4,
    )
    return made


LEGACY = b"".join(pickled(part) for part in (b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", b"M\xe9\x03", b"}"))


def _torch(data: bytes, *more: tuple[str, bytes]) -> bytes:
    made = Zip().add("model/data.pkl", data).add("model/.format_version", b"1").add("model/byteorder", b"little")
    for member, content in (("model/data/0", bytes(16)), ("model/version", b"3\n"), *more):
        made.add(member, content)
    return made.end64()


def torch_files() -> dict[str, tuple[str, bytes]]:
    whole_module = new(
        "torch.nn.modules.linear",
        "Linear",
        _state(weight=call("torch._utils", "_rebuild_parameter", tensor(), b"\x88", call("collections", "OrderedDict"))),
    )
    module = (
        b"("
        + text("module")
        + name("torch.nn.modules.linear", "Linear")
        + text("linear.py")
        + text("class Linear: pass")
        + b"tQ"
    )
    types = (
        b"]("
        + name("torch", "float32")
        + call("torch", "device", text("cpu"))
        + call("torch", "Size", b"K\2\x85")
        + call("torch.serialization", "_get_layout", text("torch.strided"))
        + b"e"
    )
    return {
        "state dict": ("m.pt", _torch(state_dict())),
        "state dict as bin": ("pytorch_model.bin", _torch(state_dict())),
        "optimizer": (
            "optimizer.pt",
            _torch(pickled(_state(state=b"}", param_groups=b"](" + _state(lr=b"G" + bytes(8)) + b"e"))),
        ),
        "whole module": ("m.pt", _torch(pickled(whole_module))),
        "types": ("t.pt", _torch(pickled(types))),
        "generator": ("g.pt", _torch(pickled(call("torch._C", "Generator", call("torch", "device", text("cpu")))))),
        "lightning": (
            "last.ckpt",
            _torch(
                state_dict(
                    text("hyper_parameters") + call("lightning.fabric.utilities.data", "AttributeDict"),
                    text("pytorch-lightning_version") + text("2.4.0"),
                )
            ),
        ),
        "script": (
            "s.pt",
            _torch(
                pickled(b"c__torch__.M\nM\n)\x81}b"),
                ("model/code/__torch__.py", b"class M(Module):\n  pass\n"),
                ("model/constants.pkl", pickled(b")")),
            ),
        ),
        "legacy": (
            "m.pth",
            LEGACY
            + pickled(b"}(" + text("w") + tensor() + b"u")
            + pickled(b"](" + text("0") + b"e")
            + struct.pack("<q", 4)
            + bytes(16),
        ),
        "legacy module with its source": ("m.pth", LEGACY + pickled(module + b")\x81}b") + pickled(b"]")),
    }


LLAMA = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message "
    "= messages[0]['content'] %}"
    "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for "
    "message in loop_messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message "
    "+ '\\n<</SYS>>\\n\\n' + "
    "message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
TOOLS = (
    "{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}{%- for "
    "message in messages[::-1] %}"
    "{%- set index = (messages|length - 1) - loop.index0 %}{%- if ns.multi_step_tool and message.role == 'user' and not("
    "message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}"
    "{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}"
    "{%- if tools %}{{- '<|im_start|>system\\n' }}{%- for tool in tools %}{{- '\\n' }}{{- tool | tojson "
    "}}{%- endfor %}{%- endif %}"
    "{%- for tool_call in message.tool_calls %}{%- if tool_call.function %}{%- set tool_call = "
    "tool_call.function %}{%- endif %}"
    '{{- \'{"name": "\' + tool_call.name + \'", "arguments": \' }}{{- tool_call.arguments | tojson }}{%- endfor %}'
)
MISTRAL = (
    "{%- for m in messages %}{%- if m['role'] == 'user' %}{{- '[INST] ' + m['content'] + '[/INST]' }}{%- "
    "elif m.tool_calls is defined %}"
    "{{- '[TOOL_CALLS] [' }}{%- for tool_call in m.tool_calls %}{%- set out = tool_call.function|tojson %}{{- out[:-1] }}"
    "{%- if not tool_call.id is defined or tool_call.id|length != 9 %}{{- raise_exception('Tool call IDs "
    "should be 9 long') }}{%- endif %}"
    "{{- ', \"id\": \"' + tool_call.id + '\"}' }}{%- endfor %}{%- endif %}{%- endfor %}"
)


def other_files() -> dict[str, tuple[str, bytes]]:
    """Arrays, tensors, graphs, templates, configurations, Keras."""
    one = {"w": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}
    relu = field(1, "x") + field(2, "y") + field(4, "Relu")
    own = field(1, "F") + field(7, relu) + field(10, "local")
    uses = field(4, "F") + field(7, "local")
    head = field(1, 8) + field(2, "pytorch")
    saved = b"".join(
        field(1, field(1, f"n{n}") + field(2, op))
        for n, op in enumerate(
            (
                "Const",
                "VarHandleOp",
                "StatefulPartitionedCall",
                "LookupTableFindV2",
                "InitializeTableFromTextFileV2",
                "RestoreV2",
                "SaveV2",
                "MergeV2Checkpoints",
                "RegexReplace",
            )
        )
    )
    functional = layer(
        "Functional",
        "keras.src.models.functional",
        {
            "layers": [
                layer("InputLayer"),
                layer(
                    "Dense",
                    config={
                        "kernel_initializer": layer("GlorotUniform", "keras.initializers"),
                        "dtype": layer("DTypePolicy", "keras"),
                    },
                ),
            ]
        },
    )
    flat = npy("'<f8'", "(1,)", bytes(8))
    made: dict[str, tuple[str, bytes]] = {
        "array": ("a.npy", flat),
        "arrays": (
            "a.npz",
            Zip().add("x.npy", flat, deflate=1).add("y/z.npy", npy("'<i4'", "()", bytes(4)), deflate=1).end(),
        ),
        "records": ("a.npy", npy("[('id', '<i8'), ('name', '<U4'), ('v', '<f4', (2,))]", "(1,)", bytes(32))),
        "tensors": ("model.safetensors", safetensors(one | {"__metadata__": {"format": "pt"}}, bytes(8))),
        "joblib": ("m.joblib", zlib.compress(array(4))),
        "own functions": (
            "f.onnx",
            head + field(7, field(1, uses)) + field(25, own) + field(8, field(2, 17)) + field(8, field(1, "local")),
        ),
        "classic learning": ("l.onnx", head + field(7, field(1, field(4, "LinearClassifier") + field(7, "ai.onnx.ml")))),
        "weights beside": (
            "e.onnx",
            head
            + field(
                7,
                field(1, relu)
                + field(5, field(8, "w") + field(13, field(1, "location") + field(2, "model.onnx.data")) + field(14, 1)),
            ),
        ),
        "saved model": ("saved_model.pb", field(1, 1) + field(2, field(1, field(4, "serve")) + field(2, saved))),
        "fingerprint": ("fingerprint.pb", b"".join(field(n, 1 << 40) for n in (1, 2, 3, 4, 5)) + field(6, field(1, 1))),
        "functional": (
            "f.keras",
            keras(functional | {"compile_config": {"optimizer": layer("Adam", "keras.optimizers"), "loss": "mse"}}),
        ),
        "lookup": ("l.keras", keras(sequential(layer("StringLookup", config={"vocabulary": ["a", "b"]})))),
        "configuration": (
            "config.json",
            json.dumps({"architectures": ["LlamaForCausalLM"], "torch_dtype": "bfloat16"}).encode(),
        ),
        "index": (
            "model.safetensors.index.json",
            json.dumps(
                {"metadata": {"total_size": 8}, "weight_map": {"a.weight": "model-00001-of-00002.safetensors"}}
            ).encode(),
        ),
        "sentence modules": (
            "modules.json",
            json.dumps([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]).encode(),
        ),
        "adapter": (
            "adapter_config.json",
            json.dumps(
                {
                    "peft_type": "LORA",
                    "base_model_name_or_path": "acme/base",
                    "auto_mapping": {
                        "base_model_class": "LlamaModel",
                        "parent_library": "transformers.models.llama.modeling_llama",
                    },
                }
            ).encode(),
        ),
        "settings": ("config.cfg", b'[nlp]\nlang = "en"\n[training]\nseed = 0\n'),
        "yaml": (
            "hparams.yaml",
            b"model:\n  _target_: torch.nn.Linear\nnote: a tag such as !!python/object/apply:os.system is refused\n",
        ),
        "page": ("README.md", b"# Safety\n\nNever load `!!python/object/apply:os.system [x]` with the unsafe loader.\n"),
        "predictive model": ("m.pmml", b'<?xml version="1.0"?><PMML version="4.4"><Header/></PMML>'),
        "jinja": ("chat_template.jinja", LLAMA.encode()),
    }
    for number, template in enumerate((LLAMA, TOOLS, MISTRAL)):
        made[f"gguf {number}"] = ("m.gguf", gguf([("general.architecture", "llama"), ("tokenizer.chat_template", template)]))
        made[f"tokenizer {number}"] = (
            "tokenizer_config.json",
            json.dumps({"chat_template": template, "bos_token": "<s>"}).encode(),
        )
    return made
