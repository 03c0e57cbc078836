"""The calls that name a model, a dataset or a model file: where the name stands in them and what else matters.

From the public documentation of the libraries. A call is recognised by its resolved dotted name: `roots` are the first
parts it may have, `last` the last one.
"""

from __future__ import annotations

from mlsupply.evidence.references.facets import AssetKind
from mlsupply.named import NamedTuple


class Shape(NamedTuple):
    """position: of the name among the arguments, -1 where it must be named; keywords: its names; registry: where it is
    looked up; unpickles: the loader unpickles; implicit: without a name the library chooses one."""

    last: str
    roots: tuple[str, ...]
    kind: AssetKind = "model"
    position: int = 0
    keywords: tuple[str, ...] = ()
    registry: str = ""
    unpickles: bool = False
    implicit: bool = False


_ID = ("pretrained_model_name_or_path", "model_name_or_path", "repo_id", "model_id", "model_name", "model", "path")
_WRAPPERS = (
    "langchain",
    "langchain_community",
    "langchain_huggingface",
    "langchain_openai",
    "langchain_ollama",
    "langchain_anthropic",
    "llama_index",
    "haystack",
)

SHAPES: tuple[Shape, ...] = (
    Shape("from_pretrained", ("peft.PeftModel", "peft.PeftMixedModel"), position=1, keywords=("model_id",)),
    Shape("from_pretrained", (), keywords=_ID),
    Shape("from_single_file", ("diffusers",), keywords=("pretrained_model_link_or_path",), unpickles=True),
    Shape("load_lora_weights", (), keywords=("pretrained_model_name_or_path_or_dict",)),
    Shape("load_textual_inversion", (), keywords=("pretrained_model_name_or_path",)),
    Shape("pipeline", ("transformers",), position=1, keywords=("model",), implicit=True),
    Shape("hf_hub_download", (), keywords=("repo_id",)),
    Shape("snapshot_download", (), keywords=("repo_id", "model_id")),
    Shape("InferenceClient", ("huggingface_hub",), kind="hosted model", keywords=("model",)),
    Shape("load_dataset", (), kind="dataset", keywords=("path",)),
    Shape("load_dataset_builder", (), kind="dataset", keywords=("path",)),
    Shape("SentenceTransformer", (), keywords=("model_name_or_path",)),
    Shape("CrossEncoder", ("sentence_transformers",), keywords=("model_name", "model_name_or_path")),
    Shape("SparseEncoder", ("sentence_transformers",), keywords=("model_name_or_path",)),
    Shape("SentenceTransformerEmbeddings", (), keywords=("model_name", "model")),
    Shape("HuggingFaceEmbeddings", (), position=-1, keywords=("model_name", "model"), implicit=True),
    Shape("HuggingFaceEmbedding", (), keywords=("model_name",), implicit=True),
    Shape("HuggingFaceBgeEmbeddings", (), position=-1, keywords=("model_name",), implicit=True),
    Shape("HuggingFaceEndpoint", (), kind="hosted model", position=-1, keywords=("repo_id", "endpoint_url")),
    Shape("from_model_id", (), position=-1, keywords=("model_id",)),
    Shape("LLM", ("vllm",), keywords=("model",)),
    Shape("EngineArgs", ("vllm",), keywords=("model",)),
    Shape("AsyncEngineArgs", ("vllm",), keywords=("model",)),
    Shape("Engine", ("sglang",), position=-1, keywords=("model_path",)),
    Shape("Runtime", ("sglang",), position=-1, keywords=("model_path",)),
    Shape("Llama", ("llama_cpp",), kind="file", keywords=("model_path",)),
    Shape("load", ("torch",), kind="file", keywords=("f",), registry="local", unpickles=True),
    Shape("load", ("torch.hub",), position=0, keywords=("repo_or_dir",), registry="torch.hub"),
    Shape("load_state_dict_from_url", (), kind="file", keywords=("url",), registry="url", unpickles=True),
    Shape("download_url_to_file", ("torch",), kind="file", keywords=("url",), registry="url"),
    Shape("load", ("joblib",), kind="file", keywords=("filename",), registry="local", unpickles=True),
    Shape("load", ("pickle", "dill", "cloudpickle"), kind="file", keywords=("file",), registry="local", unpickles=True),
    Shape("read_pickle", ("pandas",), kind="file", keywords=("filepath_or_buffer",), registry="local", unpickles=True),
    Shape("load_model", ("keras", "tensorflow", "tf_keras"), kind="file", keywords=("filepath",), registry="local"),
    Shape("load", ("tensorflow_hub",), keywords=("handle",), registry="url"),
    Shape("KerasLayer", ("tensorflow_hub",), keywords=("handle",), registry="url"),
    Shape("get_file", ("keras", "tensorflow"), kind="file", position=1, keywords=("origin",), registry="url"),
    Shape("InferenceSession", (), kind="file", keywords=("path_or_bytes",), registry="local"),
    Shape("load", ("onnx",), kind="file", keywords=("f",), registry="local"),
    Shape("create_model", ("timm",), keywords=("model_name",), registry="timm"),
    Shape("create_model_and_transforms", ("open_clip",), keywords=("model_name",), registry="open_clip"),
    Shape("YOLO", ("ultralytics",), keywords=("model",), registry="ultralytics", unpickles=True, implicit=True),
    Shape("load_model", ("whisper",), keywords=("name",), registry="whisper", unpickles=True),
    Shape("WhisperModel", ("faster_whisper",), keywords=("model_size_or_path",)),
    Shape("load", ("spacy",), kind="data package", keywords=("name",), registry="spacy"),
    Shape("download", ("spacy.cli", "spacy"), kind="data package", keywords=("model",), registry="spacy"),
    Shape("download", ("nltk",), kind="data package", keywords=("info_or_id",), registry="nltk"),
    Shape("get_encoding", ("tiktoken",), kind="data package", keywords=("encoding_name",), registry="tiktoken"),
    Shape("encoding_for_model", ("tiktoken",), kind="data package", keywords=("model_name",), registry="tiktoken"),
    Shape("load", ("gensim.downloader",), keywords=("name",), registry="gensim"),
    Shape("Reader", ("easyocr",), position=-1, keywords=("model_storage_directory",), registry="easyocr", implicit=True),
    Shape("completion", ("litellm",), kind="hosted model", keywords=("model",), registry="api"),
    Shape("acompletion", ("litellm",), kind="hosted model", keywords=("model",), registry="api"),
    Shape("embedding", ("litellm",), kind="hosted model", position=0, keywords=("model",), registry="api"),
    Shape("ChatOpenAI", _WRAPPERS, kind="hosted model", position=-1, keywords=("model", "model_name"), registry="api"),
    Shape("ChatAnthropic", _WRAPPERS, kind="hosted model", position=-1, keywords=("model", "model_name"), registry="api"),
    Shape("OpenAIEmbeddings", _WRAPPERS, kind="hosted model", position=-1, keywords=("model",), registry="api"),
    Shape("ChatOllama", _WRAPPERS, position=-1, keywords=("model",), registry="ollama"),
    Shape("Ollama", _WRAPPERS, position=-1, keywords=("model",), registry="ollama"),
    Shape("OllamaEmbeddings", _WRAPPERS, position=-1, keywords=("model",), registry="ollama"),
    Shape("pull", ("ollama",), keywords=("model",), registry="ollama"),
    Shape("chat", ("ollama",), keywords=("model",), registry="ollama"),
    Shape("model_download", ("kagglehub",), keywords=("handle",), registry="kaggle"),
    Shape("dataset_download", ("kagglehub",), kind="dataset", keywords=("handle",), registry="kaggle"),
    Shape("load_model", ("mlflow",), position=0, keywords=("model_uri",), registry="mlflow", unpickles=True),
    Shape("use_artifact", (), kind="model", keywords=("artifact_or_name",), registry="wandb"),
    *(
        Shape(last, ("openai", "anthropic", "client"), kind="hosted model", position=-1, keywords=("model",), registry="api")
        for last in ("create", "parse", "stream")
    ),
    Shape("generate_content", ("google", "client"), "hosted model", -1, ("model",), registry="api"),
    *(
        Shape(last, ("outlines",), kind="hosted model", position=1, keywords=("model_name",), registry="api")
        for last in ("from_openai", "from_anthropic", "from_gemini", "from_mistral")
    ),
    Shape("from_ollama", ("outlines",), position=1, keywords=("model_name",), registry="ollama"),
)

BY_LAST: dict[str, list[Shape]] = {}
for _shape in SHAPES:
    BY_LAST.setdefault(_shape.last, []).append(_shape)

_COMMON = {b"load", b"create", b"parse", b"stream", b"pull", b"chat", b"download", b"Engine"}
# words without which a Python file needs no parsing
HINTS = tuple(sorted({shape.last.encode() for shape in SHAPES} - _COMMON))
HINTS += (
    b"torch.load",
    b"hub.load",
    b"joblib",
    b"pickle.load",
    b"import onnx",
    b"spacy",
    b"nltk",
    b"openai",
    b"anthropic",
    b"ollama",
)

# libraries that a project re-exports under its own name (`Library().transformers.pipeline`)
RE_EXPORTED = frozenset(
    {
        "transformers",
        "huggingface_hub",
        "sentence_transformers",
        "onnxruntime",
        "diffusers",
        "datasets",
        "tokenizers",
        "torch",
    }
)
RE_EXPORTED |= {"peft", "vllm", "spacy", "nltk", "joblib", "llama_cpp", "litellm", "openai", "anthropic"}
# what a client offers that takes a model's name
CLIENT_PARTS = frozenset(
    {"completions", "messages", "embeddings", "responses", "images", "transcriptions", "speech", "models"}
)
# formats that `load_dataset` builds from local files: the name is no repository
LOCAL_BUILDERS = frozenset(
    {"csv", "json", "parquet", "text", "imagefolder", "audiofolder", "videofolder", "arrow", "pandas", "xml"}
)
LOCAL_BUILDERS |= {"webdataset", "generator", "sql", "spark", "pdffolder"}
# import name -> PyPI name, where they differ
DISTRIBUTIONS = {
    "sentence_transformers": "sentence-transformers",
    "huggingface_hub": "huggingface-hub",
    "llama_cpp": "llama-cpp-python",
}
DISTRIBUTIONS |= {
    "faster_whisper": "faster-whisper",
    "open_clip": "open-clip-torch",
    "sklearn": "scikit-learn",
    "whisper": "openai-whisper",
}
DISTRIBUTIONS |= {"langchain_community": "langchain-community", "langchain_huggingface": "langchain-huggingface"}
DISTRIBUTIONS |= {"tensorflow_hub": "tensorflow-hub", "langchain_openai": "langchain-openai", "llama_index": "llama-index"}
