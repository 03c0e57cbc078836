"""Fresh squats of popular projects, made by the published techniques: what the name check is asked on names nobody has
listed. Nothing here is read by the program, and no word of it needs to be known there.

Sources of the techniques: Vu et al. 2020 (typosquatting and combosquatting on the Python index), Neupane et al. 2023
(thirteen kinds of package confusion), Spracklen et al. 2024 (names that language models make up), Kintis et al. 2017
(combosquatting).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class Squat(NamedTuple):
    """A name made to be taken for another. group: typo or brand; kind: the technique; targets: every project whose
    mention is a right answer."""

    name: str
    group: str
    kind: str
    targets: frozenset[str]


_AI_STACK = """
openai anthropic langchain langchain-core langchain-openai langgraph langsmith litellm llama-index llama-index-core
transformers huggingface-hub tokenizers safetensors diffusers accelerate datasets peft torch torchvision torchaudio
tensorflow keras jax numpy pandas scipy scikit-learn matplotlib xgboost lightgbm onnx onnxruntime opencv-python
sentence-transformers vllm ollama groq cohere mistralai google-generativeai google-genai crewai gradio streamlit
wandb mlflow tiktoken chromadb qdrant-client pinecone weaviate-client faiss-cpu mcp fastmcp pydantic-ai instructor
dspy unsloth bitsandbytes deepspeed flash-attn triton ultralytics spacy nltk gensim ray optuna pytorch-lightning
lightning haystack-ai autogen-agentchat openai-agents smolagents langfuse dashscope zhipuai replicate elevenlabs
"""
AI_STACK = tuple(_AI_STACK.split())

BRANDS = {
    "openai": "openai",
    "chatgpt": "openai",
    "anthropic": "anthropic",
    "claude": "anthropic",
    "gemini": "google-generativeai google-genai",
    "deepseek": "deepseek",
    "mistral": "mistralai",
    "llama": "llama-index llama-cpp-python",
    "llamaindex": "llama-index",
    "huggingface": "huggingface-hub",
    "langchain": "langchain",
    "langgraph": "langgraph",
    "litellm": "litellm",
    "mcp": "mcp",
    "ollama": "ollama",
    "vllm": "vllm",
    "groq": "groq",
    "grok": "xai-sdk",
    "cohere": "cohere",
    "qwen": "dashscope",
    "pytorch": "torch",
    "tensorflow": "tensorflow",
    "transformers": "transformers",
    "requests": "requests",
    "discord": "discord-py",
    "telegram": "python-telegram-bot",
    "web3": "web3",
    "solana": "solana",
    "selenium": "selenium",
    "stripe": "stripe",
}
_AFFIXES = (
    "sdk api client helper cli utils core pro free gpt ai agent tool tools lib python server proxy wrapper unofficial"
    " toolkit auth login token key plus lite v2 fast easy simple async dev beta premium manager"
)
AFFIXES = tuple(_AFFIXES.split())
"""Words that come to mind first."""
_RARER = (
    "companion assistant launcher updater installer boost booster cracked unlimited keygen unlocker bypass automator"
    " optimizer analytics downloader exporter importer sync scheduler dashboard kitpro hack secure stealer accounts"
    " keys tokens studio portal gateway relay mirror bundle starter quickstart examples template playground"
    " sandbox compat shim legacy enterprise community edition nightly preview hotfix"
)
RARER = tuple(_RARER.split())
"""Words that come to mind later."""
_FUNCTIONS = (
    "token-counter function-calling prompt-cache chat-completion embeddings-client batch-runner cost-tracker key-rotator"
    " rate-limiter streaming-client response-parser image-generator audio-transcriber model-loader agent-tools"
    " session-manager usage-monitor context-manager tool-server fine-tuner"
)
FUNCTIONS = tuple(_FUNCTIONS.split())
SCOPES = (
    ("anthropic-ai-sdk", "anthropic"),
    ("anthropic-ai-claude-code", "anthropic"),
    ("anthropic-ai-bedrock-sdk", "anthropic"),
    ("modelcontextprotocol-sdk", "mcp"),
    ("modelcontextprotocol-server-filesystem", "mcp"),
    ("modelcontextprotocol-inspector", "mcp"),
    ("openai-codex", "openai"),
    ("openai-agents-core", "openai openai-agents"),
    ("langchain-ai-core", "langchain langchain-core"),
    ("langchain-ai-langgraph", "langgraph langchain"),
    ("langchain-ai-openai", "langchain langchain-openai openai"),
    ("huggingface-inference", "huggingface-hub"),
    ("huggingface-hub-cli", "huggingface-hub"),
    ("huggingface-transformers", "huggingface-hub transformers"),
    ("google-ai-generativelanguage-sdk", "google-ai-generativelanguage google-generativeai google-genai"),
    ("google-gemini-cli", "google-generativeai google-genai"),
    ("google-cloud-aiplatform-sdk", "google-cloud-aiplatform"),
    ("mistralai-mistralai", "mistralai"),
    ("mistralai-client-ts", "mistralai"),
    ("tensorflow-tfjs", "tensorflow"),
    ("tensorflow-models-universal", "tensorflow"),
    ("pinecone-database-pinecone", "pinecone"),
    ("qdrant-js-client-rest", "qdrant-client"),
    ("aws-sdk-client-s3", "boto3 botocore"),
    ("aws-sdk-bedrock-runtime", "boto3 botocore"),
    ("azure-openai-sdk", "openai azure-core azure-ai-openai"),
    ("conda-forge-numpy", "numpy"),
    ("conda-forge-pytorch", "torch"),
    ("conda-pytorch-cuda", "torch"),
    ("pytorch-pytorch", "torch"),
    ("nvidia-pytorch", "torch"),
    ("npm-openai", "openai"),
    ("slack-bolt-sdk", "slack-bolt slack-sdk"),
    ("stripe-stripe-js", "stripe"),
    ("solana-web3-js", "solana web3"),
    ("github-copilot-sdk", "openai pygithub github-copilot-sdk"),
)
"""npm and conda scopes spelled into a name."""
SPOKEN = (
    ("cv2-python", "opencv-python"),
    ("python-cv2", "opencv-python"),
    ("sklearn-learn", "scikit-learn"),
    ("sklearn-utils", "scikit-learn"),
    ("sklearn-python", "scikit-learn"),
    ("skimage-python", "scikit-image"),
    ("pil-image", "pillow"),
    ("bs4-parser", "beautifulsoup4"),
    ("beautifulsoup", "beautifulsoup4"),
    ("yaml-python", "pyyaml"),
    ("python-yaml", "pyyaml"),
    ("dotenv-python", "python-dotenv"),
    ("jwt-python", "pyjwt"),
    ("dateutil", "python-dateutil"),
    ("tf-keras-python", "tf-keras keras"),
    ("huggingface-transformers", "transformers huggingface-hub"),
    ("hf-hub", "huggingface-hub"),
    ("llama-cpp", "llama-cpp-python"),
    ("faiss", "faiss-cpu"),
    ("fitz-python", "pymupdf"),
    ("docx-python", "python-docx"),
    ("serial-python", "pyserial"),
    ("psycopg-binary2", "psycopg2-binary psycopg-binary"),
    ("mysql-connector", "mysql-connector-python"),
    ("google-protobuf", "protobuf"),
    ("attr", "attrs"),
    ("openai-python", "openai"),
    ("anthropic-python", "anthropic"),
    ("claude-sdk", "anthropic"),
    ("gpt-4", "openai"),
    ("chatgpt-api", "openai"),
    ("mistral-python", "mistralai"),
    ("sentence-transformer", "sentence-transformers"),
    ("flash-attention", "flash-attn"),
    ("pytorch", "torch"),
    ("pytorch-vision", "torchvision torch"),
    ("torch-audio", "torchaudio"),
    ("tensorflow-python", "tensorflow"),
    ("lightning-torch", "lightning pytorch-lightning torch"),
    ("langchain-python", "langchain"),
)
"""What people and models write when they mean a project whose name is another."""

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYS = {
    key: row[max(x - 1, 0) : x] + row[x + 1 : x + 2] + below[max(x - 1, 0) : x + 1]
    for row, below in zip(_ROWS, (*_ROWS[1:], ""), strict=True)
    for x, key in enumerate(row)
}
"""A key to those beside it and under it."""
_LEET = {"o": "0", "l": "1", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7"}
_SOUNDS: tuple[tuple[str, str], ...] = (
    ("ph", "f"),
    ("ck", "k"),
    ("c", "k"),
    ("k", "c"),
    ("s", "z"),
    ("z", "s"),
    ("y", "i"),
    ("i", "y"),
    ("x", "ks"),
)
_SOUNDS += (("qu", "kw"), ("f", "ph"), ("tion", "sion"), ("ee", "i"), ("oo", "u"))
_VOWELS = "aeiou"
_FORMS = ("{}2", "{}3", "{}-v2", "{}-v3", "{}-2", "{}-next", "{}-new", "py{}", "py-{}", "python-{}", "python3-{}")

Make = Callable[[str, random.Random], str]


def _inner(name: str, rng: random.Random, least: int = 1) -> int:
    """An index of a letter from `least` on."""
    return rng.choice([at for at in range(least, len(name)) if name[at] != "-"] or [len(name) - 1])


def _swap(name: str, rng: random.Random) -> str:
    pairs = [at for at in range(len(name) - 1) if name[at] != name[at + 1] and "-" not in name[at : at + 2]]
    at = rng.choice(pairs)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _double(name: str, rng: random.Random) -> str:
    at = _inner(name, rng)
    return name[:at] + name[at] + name[at:]


def _drop(name: str, rng: random.Random) -> str:
    at = _inner(name, rng)
    return name[:at] + name[at + 1 :]


def _key(name: str, rng: random.Random) -> str:
    at = rng.choice([at for at in range(1, len(name)) if name[at] in _KEYS])
    return name[:at] + rng.choice(_KEYS[name[at]]) + name[at + 1 :]


def _fat(name: str, rng: random.Random) -> str:
    at = rng.choice([at for at in range(1, len(name)) if name[at] in _KEYS])
    return name[:at] + rng.choice(_KEYS[name[at]]) + name[at:]


def _vowel(name: str, rng: random.Random) -> str:
    at = rng.choice([at for at in range(1, len(name)) if name[at] in _VOWELS])
    return name[:at] + rng.choice([v for v in _VOWELS if v != name[at]]) + name[at + 1 :]


def _sound(name: str, rng: random.Random) -> str:
    old, new = rng.choice([(old, new) for old, new in _SOUNDS if old in name[1:]])
    at = name.index(old, 1)
    return name[:at] + new + name[at + len(old) :]


def _leet(name: str, rng: random.Random) -> str:
    at = rng.choice([at for at in range(len(name)) if name[at] in _LEET])
    return name[:at] + _LEET[name[at]] + name[at + 1 :]


def _separator(name: str, rng: random.Random) -> str:
    if "-" in name:
        return name.replace("-", "", 1)
    at = rng.choice(range(2, len(name) - 1))
    return name[:at] + "-" + name[at:]


def _plural(name: str, rng: random.Random) -> str:
    return name[:-1] if name.endswith("s") else name + "s"


def _letter(name: str, rng: random.Random) -> str:
    at = _inner(name, rng)
    return name[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + name[at + 1 :]


def _put(name: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(name) + 1)
    return name[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + name[at:]


def _twice(name: str, rng: random.Random) -> str:
    one, two = rng.choice([_swap, _double, _drop, _key, _vowel]), rng.choice([_swap, _double, _drop, _vowel])
    return two(one(name, rng), rng)


def _one(name: str, rng: random.Random) -> str:
    """A slip as fingers make them."""
    return rng.choice([_swap, _double, _drop, _key, _vowel])(name, rng)


def _later_word(name: str, rng: random.Random) -> str:
    words = name.split("-")
    at = rng.choice([at for at in range(1, len(words)) if len(words[at]) >= 4])
    return "-".join([*words[:at], _one(words[at], rng), *words[at + 1 :]])


def _affixed(name: str, rng: random.Random) -> str:
    return rng.choice(("py{}", "py-{}", "python-{}", "python3-{}", "{}-py", "{}-python", "{}py")).format(_one(name, rng))


def _numbered(name: str, rng: random.Random) -> str:
    return _one(name, rng) + rng.choice(("1", "2", "3", "-v2", "-2", "0"))


def _digit(name: str, rng: random.Random) -> str:
    return name + rng.choice("0123456789")


def _said_twice(name: str, rng: random.Random) -> str:
    words = name.split("-")
    return rng.choice((f"{name}-{name}", f"{name}{name}", f"{words[0]}-{name}", f"{name}-{words[-1]}"))


def _run(name: str, rng: random.Random) -> str:
    at = _inner(name, rng)
    return name[:at] + name[at] * rng.randrange(2, 5) + name[at:]


def _ending(name: str, rng: random.Random) -> str:
    """Two letters struck after the name, or the last two missing."""
    letters = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=2))
    return rng.choice((name + letters, name[:-2]))


def _slip_and_separator(name: str, rng: random.Random) -> str:
    return _separator(_one(name, rng), rng)


TYPOS: dict[str, Make] = {
    "letters swapped": _swap,
    "letter doubled": _double,
    "letter dropped": _drop,
    "key beside": _key,
    "key struck along": _fat,
    "vowel": _vowel,
    "by ear": _sound,
    "leet": _leet,
    "separator": _separator,
    "plural": _plural,
    "any letter": _letter,
    "letter put in": _put,
    "two slips": _twice,
    "slip in a later word": _later_word,
    "slip and affix": _affixed,
    "slip and number": _numbered,
    "digit at the end": _digit,
    "said twice": _said_twice,
    "key held down": _run,
    "two letters at the end": _ending,
    "slip and separator": _slip_and_separator,
}
USUAL = tuple(TYPOS)[: tuple(TYPOS).index("two slips") + 1]
"""One slip or two; the others put something beside it, or are how successors are named too."""


def typos(targets: Sequence[str], each: int, seed: int = 4) -> Iterator[Squat]:
    """`each` slips of every kind over the targets (of five letters and more), drawn evenly."""
    for kind, make in TYPOS.items():
        rng = random.Random(f"{seed} {kind}")
        made = 0
        for _ in range(each * 4):
            target = rng.choice(targets)
            try:
                name = make(target, rng).strip("-").replace("--", "-")
            except IndexError:
                continue  # the target holds nothing this slip needs
            if name != target:
                yield Squat(name, "typo", kind, frozenset((target,)))
                made += 1
            if made == each:
                break


def _joined(brand: str, word: str, rng: random.Random) -> str:
    return rng.choice((f"{brand}-{word}", f"{brand}-{word}", f"{word}-{brand}", f"{brand}{word}"))


def _brand(rng: random.Random) -> tuple[str, frozenset[str]]:
    word = rng.choice(list(BRANDS))
    return word, frozenset(BRANDS[word].split())


def combos(popular: Sequence[str], each: int, seed: int = 4) -> Iterator[Squat]:
    """`each` names of every kind: brands and popular projects with words beside them."""
    rng = random.Random(seed)
    for kind, words in (("usual word", AFFIXES), ("rarer word", RARER), ("function", FUNCTIONS)):
        for _ in range(each):
            brand, targets = _brand(rng)
            yield Squat(_joined(brand, rng.choice(words), rng), "brand", f"brand + {kind}", targets)
        for _ in range(each):
            target = rng.choice(popular)
            yield Squat(_joined(target, rng.choice(words), rng), "brand", f"project + {kind}", frozenset((target,)))
    for _ in range(each):
        brand, targets = _brand(rng)
        other, more = _brand(rng)
        if brand != other:
            yield Squat(f"{brand}-{other}", "brand", "two brands", targets | more)
    for _ in range(each):
        brand, targets = _brand(rng)
        first, second = rng.sample(AFFIXES, 2)
        yield Squat(rng.choice((f"{brand}-{first}-{second}", f"{first}-{brand}-{second}")), "brand", "two words", targets)
    for _ in range(each):
        target = rng.choice(popular)
        form = rng.choice(
            ("{}2", "{}3", "{}-v2", "{}-v3", "{}-2", "{}-next", "{}-new", "py{}", "py-{}", "python-{}", "python3-{}")
        )
        yield Squat(form.format(target), "brand", "version or py", frozenset((target,)))
    for target in popular:
        parts = target.split("-")
        if 2 <= len(parts) <= 3:
            yield Squat("-".join(parts[1:] + parts[:1]), "brand", "word order", frozenset((target,)))
    for kind, pairs in (("scope", SCOPES), ("spoken", SPOKEN)):
        for name, targets_ in pairs:
            yield Squat(name, "brand", kind, frozenset(targets_.split()))
