"""conda names whose project on PyPI is known: reviewed by hand, and short on purpose. `SAME` lists Python projects with the
same name and the same version numbers in both worlds, `OTHER` those that share only the versions. A name that is in neither
(a C library, a project whose builds are numbered otherwise, such as opencv or the time zone data) stays a conda package,
because a wrong guess would blame the wrong project.
"""

from __future__ import annotations

from mlsupply.text import canonical

OTHER = {
    "brotli-python": "brotli",
    "dask-core": "dask",
    "docker-py": "docker",
    "geopandas-base": "geopandas",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "numpy-base": "numpy",
    "py-xgboost": "xgboost",
    "pyarrow-core": "pyarrow",
    "pytables": "tables",
    "python-build": "build",
    "python-duckdb": "duckdb",
    "python-flatbuffers": "flatbuffers",
    "python-graphviz": "graphviz",
    "python-kubernetes": "kubernetes",
    "python-lmdb": "lmdb",
    "python-tzdata": "tzdata",
    "python-xxhash": "xxhash",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "ray-all": "ray",
    "ray-core": "ray",
    "ray-default": "ray",
    "sentencepiece-python": "sentencepiece",
    "tensorflow-base": "tensorflow",
    "tensorflow-cpu": "tensorflow",
    "tensorflow-gpu": "tensorflow",
    "uvicorn-standard": "uvicorn",
}
_SAME = """
absl-py accelerate adlfs aenum affine aiobotocore aiofiles aiohappyeyeballs aiohttp aioitertools aiosignal alabaster
alembic altair annotated-types anthropic anyio appdirs appnope argcomplete argon2-cffi arrow asgiref astropy asttokens
async-lru async-timeout attrs autogluon azure-core azure-identity azure-storage-blob babel bcrypt beautifulsoup4
bitsandbytes black bleach blinker bokeh boto3 botocore cachecontrol cachetools catboost certifi cffi charset-normalizer
chromadb cleo click click-plugins cligj cloudpickle colorama coloredlogs comm contourpy coverage crashtest crewai
cryptography cycler cython cytoolz dask databricks-sdk dataclasses-json datasets datashader debugpy decorator deepspeed
defusedxml diffusers dill diskcache distlib distributed django docstring-parser docutils dspy duckdb dulwich einops
entrypoints evaluate exceptiongroup executing faiss-cpu fastapi fasteners fastjsonschema feast filelock fiona flake8 flask
fonttools fqdn frozenlist fsspec future gast gcsfs gensim geopandas gitdb gitpython gmpy2 google-auth gradio gradio-client
graphene greenlet grpcio gunicorn h11 h2 h5netcdf h5py holoviews html5lib httpcore httptools httpx huggingface-hub
humanfriendly hydra-core hypothesis idna imagecodecs imageio imagesize importlib-metadata importlib-resources iniconfig
ipykernel ipython ipywidgets isoduration isort itsdangerous jaraco-context jaraco-functools jax jaxlib jedi jeepney jinja2
jiter jmespath joblib json5 jsonargparse jsonpatch jsonpointer jsonref jsonschema jsonschema-specifications jupyter-client
jupyter-core jupyter-events jupyter-lsp jupyter-server jupyter-server-terminals jupyterlab jupyterlab-pygments jupyterlab-
server keras keras-preprocessing keyring kiwisolver kornia kornia-rs lancedb langchain langchain-community langchain-core
langchain-openai langchain-text-splitters langgraph langsmith lark lazy-loader librosa lightgbm lightning lightning-
utilities litellm llama-index llama-index-core llvmlite locket loguru lxml mako markdown markdown-it-py markupsafe
marshmallow matplotlib mcp mdurl mistune mkdocs ml-dtypes mlflow mlflow-skinny more-itertools mpmath msgpack multidict
multiprocess munch mypy mypy-extensions narwhals nbclient nbconvert nbformat nest-asyncio netcdf4 networkx nltk notebook
numba numcodecs numexpr numpy nvidia-ml-py oauthlib omegaconf onnx onnxruntime openai openpyxl opentelemetry-api
opentelemetry-sdk optuna orjson packaging pandas pandocfilters panel param paramiko parso partd pathspec patsy peft
pendulum pexpect pillow pip pipenv pkginfo platformdirs plotly pluggy poetry polars pooch portalocker prefect prometheus-
client prompt-toolkit propcache proto-plus protobuf psutil psycopg2 ptyprocess pure-eval py-cpuinfo pyarrow pyasn1
pyasn1-modules pycparser pydantic pydantic-core pydantic-settings pydeck pydot pydub pygments pyjwt pynndescent pynvml
pyopenssl pyparsing pyproj pyproject-hooks pysocks pytest pytest-cov pytest-xdist python-dateutil python-dotenv python-
json-logger python-multipart python-slugify pytorch-lightning pytz pyviz-comms pyyaml pyzmq rasterio referencing regex
requests requests-oauthlib rfc3339-validator rfc3986-validator rich rouge-score rpds-py rsa ruamel-yaml ruff s3fs
s3transfer sacrebleu sacremoses safetensors scikit-image scikit-learn scipy seaborn secretstorage send2trash sentence-
transformers sentencepiece sentry-sdk setuptools shap shapely shellingham six smart-open smmap sniffio sortedcontainers
soundfile soupsieve spacy sphinx sqlalchemy sqlmodel sqlparse starlette statsmodels streamlit sympy tabulate tenacity
tensorboard tensorflow tensorflow-datasets tensorflow-hub termcolor terminado threadpoolctl tifffile tiktoken timm
tinycss2 tokenizers toml tomli tomlkit toolz torchaudio torchdata torchgeo torchmetrics torchvision tornado tox tqdm
traitlets transformers triton trove-classifiers typer typing-extensions typing-inspect typing-inspection tzlocal umap-
learn uri-template urllib3 uv uvicorn uvloop virtualenv vllm wandb watchdog watchfiles wcwidth webcolors webencodings
websocket-client websockets werkzeug wheel widgetsnbextension wrapt xarray xformers xgboost xxhash yarl zarr zict zipp
"""
SAME = frozenset(_SAME.split())


def pypi_name(conda_name: str) -> str:
    """The canonical PyPI name of a conda package, "" where it is not known."""
    name = canonical(conda_name)
    return name if name in SAME else OTHER.get(name, "")


def note(conda_name: str, name: str) -> str:
    """What reports say beside a mapped package."""
    return f"conda package {conda_name}, taken as {name} on PyPI"
