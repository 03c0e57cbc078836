"""What a pickle may call and what it must not: names, in groups, each group with its reason.

The judgement does not depend on what is installed: nothing is imported and nothing is looked up on the machine. A name
in no list is not verified, with one exception: pickles written by ordinary code call no function of the standard library
outside `CALLS`, so such a call is blocked.

Facts (which callables are gadgets) come from published advisories of picklescan, fickling and modelscan and from the
documentation of the libraries.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def _table(text: str) -> dict[str, frozenset[str]]:
    """`module: name name` lines to module -> names; a module may come twice."""
    table: dict[str, frozenset[str]] = {}
    for line in text.strip().splitlines():
        module, _, names = line.strip().partition(": ")
        table[module] = table.get(module, frozenset()) | frozenset(names.split())
    return table


# Constructors and helpers that only build values from their arguments: what pickle, copyreg and the libraries' own
# __reduce__ methods write. Each was read: it imports nothing, opens nothing and calls none of its arguments.
CALLS = _table(
    """
    builtins: object bool int float complex str bytes bytearray list tuple dict set frozenset range slice
    builtins: iter reversed enumerate zip memoryview property staticmethod classmethod Ellipsis NotImplemented
    builtins: Exception BaseException ValueError TypeError KeyError IndexError RuntimeError AttributeError OSError
    builtins: ArithmeticError ZeroDivisionError OverflowError NotImplementedError StopIteration AssertionError
    builtins: UserWarning DeprecationWarning RuntimeWarning FutureWarning Warning LookupError NameError EOFError
    builtins: FileNotFoundError PermissionError TimeoutError MemoryError UnicodeDecodeError ImportError SystemError
    collections: OrderedDict defaultdict deque Counter ChainMap UserDict UserList UserString namedtuple
    array: array _array_reconstructor
    datetime: date time datetime timedelta timezone tzinfo
    decimal: Decimal Context
    _decimal: Decimal Context
    fractions: Fraction
    uuid: UUID SafeUUID
    pathlib: Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath
    pathlib._local: Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath
    re: _compile compile RegexFlag
    sre_compile: compile
    copyreg: _reconstructor __newobj__ __newobj_ex__
    operator: itemgetter
    types: SimpleNamespace MappingProxyType GenericAlias
    argparse: Namespace
    logging: getLogger Logger RootLogger PlaceHolder
    http: HTTPStatus HTTPMethod
    urllib.parse: ParseResult SplitResult DefragResult ParseResultBytes SplitResultBytes
    ipaddress: IPv4Address IPv6Address IPv4Network IPv6Network IPv4Interface IPv6Interface
    zoneinfo: ZoneInfo ZoneInfo._unpickle
    random: Random
    _random: Random
    time: struct_time
    os: stat_result _make_stat_result
    inspect: Parameter Signature _ParameterKind BoundArguments
    enum: auto _proto_member
    string: Template Formatter
    typing: TypeVar ParamSpec
    typing: Any Union Optional
    dataclasses: Field _MISSING_TYPE _HAS_DEFAULT_FACTORY_CLASS
    statistics: NormalDist
    calendar: Calendar TextCalendar
    csv: Dialect
    queue: SimpleQueue
    itertools: count cycle repeat chain islice product permutations combinations combinations_with_replacement
    itertools: zip_longest accumulate compress
    weakref: WeakValueDictionary WeakKeyDictionary WeakSet
    ast: Module Constant Expr Name
    xml.etree.ElementTree: Element
    ssl: TLSVersion VerifyMode
    socket: AddressFamily SocketKind
    signal: Signals
    threading: _RLock
    email.charset: Charset
    locale: Error
    numpy: dtype ndarray array int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64
    numpy: longdouble complex64 complex128 bool_ bool str_ bytes_ object_ datetime64 timedelta64 void intc intp uintp
    numpy: matrix recarray ufunc poly1d
    numpy.core.multiarray: _reconstruct scalar
    numpy._core.multiarray: _reconstruct scalar
    numpy.core.numeric: _frombuffer
    numpy._core.numeric: _frombuffer
    numpy.core._internal: _convert_to_stringdtype_kwargs
    numpy._core._internal: _convert_to_stringdtype_kwargs
    numpy.core: _ufunc_reconstruct _DType_reconstruct
    numpy._core: _ufunc_reconstruct _DType_reconstruct
    numpy.ma.core: _mareconstruct
    numpy.random._pickle: __randomstate_ctor __generator_ctor __bit_generator_ctor
    numpy.random: __RandomState_ctor
    numpy.random.mtrand: RandomState
    numpy.random.bit_generator: SeedSequence __pyx_unpickle_SeedSequence
    numpy.random._bit_generator: SeedSequence __pyx_unpickle_SeedSequence
    numpy.random._mt19937: MT19937
    numpy.random._pcg64: PCG64 PCG64DXSM
    numpy.random._philox: Philox
    numpy.random._sfc64: SFC64
    numpy.polynomial.polynomial: Polynomial
    numpy.dtypes: StringDType
    scipy.sparse._csr: csr_matrix csr_array
    scipy.sparse._csc: csc_matrix csc_array
    scipy.sparse._coo: coo_matrix coo_array
    scipy.spatial._ckdtree: cKDTree
    scipy.interpolate._interpolate: interp1d
    pandas: Timestamp Timedelta Period Interval NaT Categorical DataFrame Series Index
    pandas._libs.tslibs.timestamps: Timestamp _unpickle_timestamp
    pandas._libs.tslibs.timedeltas: Timedelta _timedelta_unpickle
    pandas._libs.tslibs.period: Period
    pandas._libs.tslibs.nattype: _nat_unpickle
    pandas._libs.tslibs.offsets: BaseOffset _offset to_offset Day Hour Minute Second BusinessDay MonthEnd MonthBegin
    pandas._libs.tslibs.np_datetime: OutOfBoundsDatetime
    pandas._libs.internals: _unpickle_block BlockPlacement
    pandas._libs.interval: Interval
    pandas._libs.missing: NAType _nat_unpickle
    pandas._libs.arrays: __pyx_unpickle_NDArrayBacked
    pandas.core.indexes.base: _new_Index Index
    pandas.core.indexes.datetimes: _new_DatetimeIndex DatetimeIndex
    pandas.core.indexes.period: _new_PeriodIndex PeriodIndex
    pandas.core.indexes.interval: IntervalIndex
    pandas.core.indexes.range: RangeIndex
    pandas.core.indexes.multi: MultiIndex
    pandas.core.indexes.timedeltas: TimedeltaIndex
    pandas.core.indexes.category: CategoricalIndex
    pandas.core.indexes.frozen: FrozenList
    pandas.core.internals.blocks: new_block Block
    pandas.core.internals.managers: BlockManager SingleBlockManager
    pandas.core.dtypes.dtypes: CategoricalDtype DatetimeTZDtype PeriodDtype IntervalDtype PandasDtype NumpyEADtype
    pandas.core.arrays.string_: StringDtype StringArray
    pandas.core.arrays.integer: Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype
    pandas.core.arrays.floating: Float32Dtype Float64Dtype
    pandas.core.arrays.boolean: BooleanDtype
    pandas.core.arrays.sparse.dtype: SparseDtype
    pandas.core.dtypes.base: ExtensionDtype
    pandas.core.flags: Flags
    pandas.compat.pickle_compat: _unpickle_block
    dateutil.tz.tz: tzutc tzlocal tzoffset tzfile
    dateutil.tz: tzutc tzlocal tzoffset
    dateutil.relativedelta: relativedelta
    pytz: _UTC _p
    pytz.tzfile: build_tzinfo
    torch: device Size dtype Tensor Generator FloatTensor LongTensor tensor strided complex64 SymInt
    torch: FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage
    torch: ByteStorage BoolStorage ComplexFloatStorage ComplexDoubleStorage QInt8Storage QUInt8Storage QInt32Storage
    torch._utils: _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state
    torch._utils: _rebuild_qtensor _rebuild_sparse_tensor _rebuild_sparse_csr_tensor _rebuild_meta_tensor_no_storage
    torch._utils: _rebuild_nested_tensor _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor
    torch._utils: _rebuild_xla_tensor _rebuild_wrapper_subclass _set_obj_state
    torch._tensor: _rebuild_from_type _rebuild_from_type_v2
    torch.tensor: _rebuild_from_type
    torch.nn.parameter: Parameter Buffer UninitializedParameter
    torch.storage: _load_from_bytes TypedStorage UntypedStorage _TypedStorage _UntypedStorage
    torch.serialization: _get_layout
    torch.jit._pickle: build_intlist build_tensorlist build_doublelist build_boollist build_tensor_from_id
    torch.jit._pickle: restore_type_tag
    torch.distributions.constraints: _Real _Positive
    torch.amp.grad_scaler: GradScaler _refresh_per_optimizer_state OptState
    torch.cuda.amp.grad_scaler: _refresh_per_optimizer_state OptState
    torch.torch_version: TorchVersion
    torch.distributed.tensor: DTensor
    torch._C: _disabled_torch_function_impl
    torch._dynamo.utils: dict_keys
    torchvision.tv_tensors: _image.Image
    torchvision.transforms.functional: InterpolationMode
    torchvision.transforms.InterpolationMode: BILINEAR
    transformers.trainer_utils: IntervalStrategy SchedulerType HubStrategy EvaluationStrategy SaveStrategy FSDPOption
    transformers.trainer_utils: TrainOutput PredictionOutput EvalPrediction BestRun
    transformers.training_args: OptimizerNames ParallelMode
    transformers.debug_utils: DebugOption
    transformers.utils.generic: ExplicitEnum PaddingStrategy TensorType
    transformers.integrations.deepspeed: HfDeepSpeedConfig
    accelerate.utils.dataclasses: DistributedType ComputeEnvironment PrecisionType DynamoBackend LoggerType RNGType
    accelerate.utils.dataclasses: DDPCommunicationHookType FP8BackendType SageMakerDistributedType SaveModelHook
    peft.utils.peft_types: PeftType TaskType
    peft.utils.config: PeftType TaskType
    trl.trainer.utils: DPODataCollatorWithPadding
    tokenizers: Tokenizer AddedToken Encoding Token Regex NormalizedString PreTokenizedString
    tokenizers.models: Model BPE WordPiece WordLevel Unigram
    tokenizers.normalizers: Normalizer Sequence Lowercase NFC NFD NFKC NFKD Strip StripAccents BertNormalizer
    tokenizers.pre_tokenizers: PreTokenizer Sequence ByteLevel Whitespace Metaspace BertPreTokenizer
    tokenizers.processors: PostProcessor TemplateProcessing ByteLevel RobertaProcessing BertProcessing
    tokenizers.decoders: Decoder ByteLevel WordPiece Metaspace BPEDecoder
    sklearn.tree._tree: Tree
    sklearn.neighbors._kd_tree: newObj KDTree KDTree64 KDTree32
    sklearn.neighbors._ball_tree: newObj BallTree BallTree64 BallTree32
    sklearn.neighbors._dist_metrics: newObj EuclideanDistance
    sklearn.metrics._dist_metrics: newObj EuclideanDistance EuclideanDistance64 EuclideanDistance32
    sklearn.utils: Bunch
    sklearn.utils._bunch: Bunch
    sklearn._loss.link: Interval
    sklearn.ensemble._hist_gradient_boosting.utils: sum_parallel
    sklearn.utils.deprecation: DeprecationDict
    joblib.numpy_pickle: NumpyArrayWrapper ZNDArrayWrapper NDArrayWrapper
    lightning.fabric.utilities.data: AttributeDict
    lightning_fabric.utilities.data: AttributeDict
    lightning_fabric.utilities.enums: _FabricStrategyType
    pytorch_lightning.utilities.parsing: AttributeDict
    lightning.pytorch.utilities.parsing: AttributeDict
    omegaconf.dictconfig: DictConfig
    omegaconf.listconfig: ListConfig
    omegaconf.base: Metadata ContainerMetadata SCMode
    catboost: CatBoost CatBoostClassifier CatBoostRegressor
    catboost.core: CatBoost CatBoostClassifier CatBoostRegressor
    xgboost.core: Booster
    lightgbm.basic: Booster
    attr._make: NOTHING Factory _Nothing
    pydantic_core._pydantic_core: Url
    sympy.core.numbers: Integer Float Rational
    sympy.core.symbol: Symbol
    ml_dtypes: bfloat16 float8_e4m3fn float8_e5m2
    jax._src.array: _reconstruct_array
    jax._src.tree_util: Partial
    flax.core.frozen_dict: FrozenDict
    PIL.Image: Image
    statsmodels.base.data: PandasData
    gensim.models.keyedvectors: KeyedVectors Vocab
    keras.src.saving.keras_saveable: KerasSaveable._unpickle_model
    """
)

# Functions that rebuild an object of their own library and are named so by convention (Cython, torch, pandas).
REBUILDERS = ("__pyx_unpickle_", "_rebuild_", "_reconstruct", "_unpickle_", "_from_pickle", "__setstate_cython__")

# Callables that call what they are handed, or hand it on: judged as the call they make.
CALLERS = _table(
    """
    builtins: map filter apply
    functools: reduce partial partialmethod cmp_to_key singledispatch cached_property lru_cache wraps
    _functools: reduce partial
    itertools: starmap takewhile dropwhile filterfalse groupby
    operator: call
    """
)

# Libraries whose classes may stand in a file as data: creating one with `__new__` and restoring its attributes runs
# only that library's own state handling. Calling their functions is another matter.
KNOWN_PACKAGES = words(
    """
    sklearn numpy pandas scipy torch torchvision torchaudio torchtext torch_geometric torch_scatter torch_sparse
    torchmetrics torchdata torchrl tensordict lightning pytorch_lightning lightning_fabric transformers tokenizers
    sentence_transformers accelerate diffusers peft datasets evaluate trl optimum bitsandbytes timm open_clip
    ultralytics xgboost lightgbm catboost statsmodels joblib keras keras_nlp keras_hub keras_cv tensorflow tf_keras
    tensorflow_probability gensim spacy thinc srsly cymem preshed blis nltk flair stanza sentencepiece omegaconf
    hydra fairseq whisper speechbrain nemo mmcv mmengine mmdet mmseg detectron2 fvcore iopath monai albumentations
    PIL skimage imageio imblearn category_encoders feature_engine mlxtend skops sklearn_pandas lightfm implicit
    surprise prophet pmdarima sktime darts tslearn hmmlearn umap hdbscan pynndescent faiss annoy numba dask polars
    pyarrow networkx shapely geopandas pyproj sympy patsy autograd jax jaxlib flax optax orbax haiku chex ml_dtypes
    attr attrs pydantic pydantic_core dateutil pytz tzlocal stable_baselines3 sb3_contrib gym gymnasium optuna
    hyperopt onnx onnxmltools skl2onnx pyro gpytorch botorch linear_operator allennlp bertopic fasttext rank_bm25
    colorlover markupsafe regex bokeh plotly matplotlib seaborn shap lime eli5 interpret econml dowhy causalml
    lifelines sksurv pyod river vowpalwabbit h2o autogluon tpot fastai fastcore fastprogress learn2learn higher
    einops kornia segmentation_models_pytorch efficientnet_pytorch pretrainedmodels x_transformers langchain
    langchain_core llama_index haystack sacremoses sacrebleu multipledispatch toolz cytoolz yacs easydict addict
    munch box
    """
)

# Inside known libraries: modules whose functions and classes load, run, fetch or rewrite, whatever they are called.
DANGEROUS_PREFIXES = words(
    """
    torch._dynamo torch._inductor torch.hub torch.package torch.ops torch.classes torch.utils.cpp_extension
    torch.utils._config_module torch.utils.collect_env torch.utils.bottleneck torch.utils.model_zoo
    torch.utils.data.datapipes torch.distributed.rpc torch.distributed.run torch.distributed.launch
    torch.distributed.elastic torch.multiprocessing torch.testing torch.jit._script torch.jit._serialization
    torch.jit.unsupported_tensor_ops torch.fx.experimental torch.fx.graph_module torch._export torch.export
    torch.onnx torch.cuda._memory_viz torch.utils.tensorboard torch.library torch.utils.hipify
    torch.utils.mobile_optimizer torch._library torch._functorch torch.profiler torch.autograd.profiler
    torch.serialization torch.compiler torch._logging torch.backends torch.monitor torch.utils.benchmark
    torch.nn.utils.rnn.os numpy.f2py numpy.distutils numpy.testing numpy.lib.npyio numpy.lib._npyio_impl
    numpy.lib._datasource numpy.lib.utils numpy.lib.format numpy.ctypeslib numpy.core.records.fromfile numpy.memmap
    numpy.compat.py3k pandas.io pandas.core.computation pandas.util._test_decorators pandas._testing
    pandas.util._tester pandas.compat.pickle_compat.load scipy.io scipy._lib scipy.datasets scipy.weave
    sklearn.datasets sklearn.utils._testing sklearn.externals sklearn.utils.fixes tensorflow.io
    tensorflow.python.framework.load_library tensorflow.python.lib.io tensorflow.python.ops.io_ops
    tensorflow.python.ops.script_ops tensorflow.python.platform tensorflow.saved_model tensorflow.load_library
    tensorflow.load_op_library tensorflow.python.saved_model tensorflow.keras.models tensorflow.keras.utils
    tensorflow.data keras.models.load_model keras.utils keras.src.utils keras.saving keras.src.saving
    keras.src.legacy.saving keras.layers.Lambda keras.src.layers.core.lambda_layer keras.layers.TFSMLayer
    keras.engine.saving transformers.pipelines transformers.pipeline transformers.dynamic_module_utils
    transformers.utils.hub transformers.commands transformers.tools transformers.agents transformers.file_utils
    transformers.utils.import_utils datasets.load datasets.load_dataset datasets.utils datasets.builder
    datasets.download datasets.inspect sentence_transformers.util diffusers.utils diffusers.loaders
    peft.utils.save_and_load timm.models.hub timm.models._hub torchvision.datasets torchvision.io
    torchaudio.datasets torchaudio.utils torchaudio.io torchtext.utils torchtext.datasets nltk.data nltk.downloader
    nltk.internals nltk.download spacy.cli spacy.load spacy.util srsly flair.file_utils stanza.resources
    gensim.downloader gensim.utils gensim.models.fasttext.load joblib.numpy_pickle.load joblib.externals
    joblib.memory joblib._parallel joblib.parallel joblib.load joblib.dump joblib.pool joblib.func_inspect
    hydra.utils hydra._internal iopath fvcore.common omegaconf.resolvers mmcv.fileio mmengine.config mmengine.fileio
    matplotlib.cbook matplotlib.style matplotlib.testing matplotlib.backends matplotlib.animation PIL.ImageShow
    PIL.EpsImagePlugin PIL.ImageGrab PIL.ImageMath PIL.Image.open numba.pycc numba.core.serialize numba.core.runtime
    dask.utils dask.config dask.base dask.bag dask.dataframe.io polars.io pyarrow.fs pyarrow.parquet pyarrow.csv
    sympy.utilities sympy.parsing sympy.core.sympify sympy.sympify sympy.parse_expr sympy.lambdify sympy.preview
    sympy.printing.preview sympy.external networkx.readwrite
    networkx.drawing attr._make._compile_and_eval pydantic.deprecated pydantic.v1.utils jax.experimental
    jaxlib.xla_client flax.training orbax ray.cloudpickle onnx.hub onnx.external_data_helper onnx.load skops.io.load
    skops.io._utils ultralytics.utils ultralytics.hub fastai.torch_core fastai.learner langchain_core.load
    langchain.chains.loading langchain.llms.loading autogluon.common spacy.language.Language.from_disk h2o.backend
    toolz.functoolz.compose multipledispatch.utils fasttext.load_model faiss.read_index annoy.load
    """
)

# Names that are data or plain construction although they lie below a prefix above.
SAFE_BELOW = words(
    """
    torch.serialization._get_layout torch._dynamo.utils.dict_keys scipy._lib._bunch._make_tuple_bunch
    pandas.core.computation keras.src.saving.keras_saveable.KerasSaveable._unpickle_model
    torch.fx.experimental.symbolic_shapes.Dim numpy.lib.npyio.NpzFile
    torch.multiprocessing.reductions.rebuild_tensor scipy._lib._ccallback.LowLevelCallable
    """
)

# Packages for which any call counts: they exist to run commands, evaluate text, unpickle or reach hosts.
DANGEROUS_PACKAGES = words(
    """
    pip setuptools pkg_resources distutils _distutils_hack wheel easy_install virtualenv ensurepip dill cloudpickle
    jsonpickle klepto picklescan modelscan fickling modelaudit IPython ipykernel jupyter_client jupyter_core
    jupyter_server notebook nbconvert ptpython bpython requests urllib3 httpx aiohttp httplib2 pycurl treq websocket
    websockets wget tornado twisted gevent eventlet flask django paramiko fabric invoke asyncssh pexpect ptyprocess
    winpty sh plumbum psutil docker execnet rpyc celery nox tox pytest _pytest py nose yaml ruamel cffi jinja2 mako
    chameleon tempita numexpr asteval simpleeval RestrictedPython exec_wrapper huggingface_hub kagglehub modelscope
    gdown fsspec s3fs gcsfs smart_open boto3 botocore google azure mlflow wandb comet_ml clearml neptune ray prefect
    airflow dagster luigi cryptography Crypto selenium playwright pyautogui pynput sqlalchemy psycopg2 pymysql
    pymongo redis duckdb cython Cython pyximport pythran numba_scipy llvmlite cppyy pyjnius jpype win32api win32com
    win32process pywin32 wmi comtypes onnxruntime tritonclient llama_cpp vllm sglang bentoml gradio streamlit
    uvicorn gunicorn litellm openai zmq lmdb h5py tables zarr xonsh bdb code codeop idlelib lib2to3 test turtle
    """
)

# Attribute names that lead out of any object, and calls whose name says what they do, in whatever package.
ESCAPES = words(
    """
    __globals__ __builtins__ __subclasses__ __bases__ __base__ __mro__ __code__ __closure__ __dict__ __class__
    __import__ __init_subclass__ __getattribute__ __loader__ __spec__ __self__ __func__ __wrapped__ func_globals
    gi_frame f_globals f_builtins f_locals tb_frame cr_frame ag_frame mro __reduce__ __reduce_ex__ __call__
    __setattr__ __delattr__ __defaults__ __kwdefaults__
    """
)
STRONG_VERBS = words(
    """
    system popen exec eval execute spawn shell subprocess urlopen urlretrieve dlopen download import unpickle unsafe
    pickle cmd command rmtree unlink getoutput execfile runpy fork kill install loads sh bash
    """
)
VERBS = STRONG_VERBS | words(
    """
    load open read write run evaluate call check output fetch request retrieve compile from_pretrained pretrained
    connect extract remove delete library render include source script copy move chmod main decode query sql loadtxt
    genfromtxt fromfile tofile memmap handle clear get save savetxt dump dumps to url file hub cache inject patch
    register unregister set setattr add update pop append extend insert launch start server serve listen parse
    deserialize restore
    """
)

# Modules of the standard library in which everything called is blocked, classes too: processes, code, files, hosts.
STDLIB_BLOCKED = words(
    """
    os posix nt ntpath posixpath genericpath subprocess _posixsubprocess pty tty shutil sys importlib imp runpy
    pkgutil zipimport code codeop pdb bdb cProfile profile _lsprof trace timeit doctest unittest pydoc pydoc_data
    idlelib test lib2to3 multiprocessing _multiprocessing concurrent asyncio _asyncio threading _thread thread
    _threading_local sched socket _socket socketserver ssl _ssl http ftplib smtplib smtpd poplib imaplib nntplib
    telnetlib xmlrpc urllib urllib2 wsgiref webbrowser cgi cgitb mailbox asyncore asynchat selectors select ctypes
    _ctypes _ctypes_test mmap fcntl resource signal _signal gc inspect marshal pickle _pickle cPickle shelve dbm
    sqlite3 _sqlite3 tempfile glob fileinput linecache io _io _pyio codecs tarfile zipfile zipapp gzip bz2 lzma _bz2
    _lzma pathlib site sitecustomize usercustomize sysconfig _osx_support _aix_support distutils ensurepip venv
    compileall py_compile commands popen2 pipes platform getpass curses readline rlcompleter atexit faulthandler
    tracemalloc symtable tokenize ast dis opcode types builtins __builtin__ copy_reg copyreg functools _functools
    operator _operator logging configparser netrc crypt spwd pwd grp nis syslog tkinter turtle turtledemo
    antigravity this winreg _winreg msilib msvcrt winsound ossaudiodev audiodev uuid plistlib xml pyexpat typing
    string random reprlib rexec bastion new user dl ihooks execfile cmd shlex warnings contextlib traceback
    contextvars weakref graphlib _weakref __future__ nturl2path _sysconfigdata smtplib mimetypes modulefinder
    tabnanny telnetlib collections re sre_compile json csv locale gettext email
    """
)

# The rest of the standard library: functions outside `CALLS` are blocked, unknown classes are not verified.
STDLIB_OTHER = words(
    """
    _codecs abc argparse array base64 binascii binhex bisect calendar chunk cmath colorsys copy dataclasses datetime
    _datetime decimal _decimal difflib encodings enum errno filecmp fnmatch formatter fractions getopt hashlib
    _hashlib heapq hmac html imghdr ipaddress itertools keyword macpath math mimetypes numbers optparse parser
    pprint queue Queue quopri sets sha md5 secrets sndhdr sre_constants sre_parse stat statistics stringprep struct
    _struct sunau textwrap time token tomllib types unicodedata uu wave xdrlib zlib zoneinfo _collections
    _collections_abc _random _queue _json _csv _string _elementtree UserDict UserList UserString StringIO cStringIO
    ConfigParser HTMLParser SocketServer BaseHTTPServer exceptions
    """
)

# Modules of `STDLIB_BLOCKED` whose functions may stand in a file as a value (a key function, a formatter): a call is
# blocked, a mere reference is data.
STDLIB_QUIET = words(
    """
    collections re sre_compile json csv locale gettext email typing string random reprlib warnings contextlib traceback
    contextvars weakref graphlib functools operator logging uuid types copyreg ast dis tokenize plistlib pathlib genericpath
    posixpath ntpath platform mimetypes concurrent asyncio select selectors opcode symtable inspect _weakref __future__ test
    """
)
BUILTINS_ACTING = words(
    """
    eval exec compile open __import__ getattr setattr delattr globals locals vars input breakpoint execfile apply file
    raw_input reload __build_class__ exit quit memoryview
    """
)

# Called from the standard library these only compute; nothing ordinary writes them, so they are not verified.
HARMLESS = _table(
    """
    builtins: print len abs min max sum sorted repr hash id isinstance issubclass ord chr hex oct bin round pow divmod
    builtins: any all callable format ascii next super type vars dir hasattr id
    operator: add sub mul truediv floordiv mod neg pos not_ and_ or_ xor concat contains countOf indexOf eq ne lt le gt ge
    operator: getitem length_hint index
    copy: copy deepcopy
    functools: total_ordering update_wrapper
    math: sqrt floor ceil
    collections: abc
    typing: NamedTuple NewType
    types: new_class
    """
)

# Classes of the standard library that hold data only, wherever they stand (a class object is not a call).
INERT_CLASSES = words(
    """
    logging.Logger logging.RootLogger logging.Formatter logging.LogRecord logging.Handler logging.StreamHandler
    logging.NullHandler logging.Manager logging.PercentStyle logging.Filter collections.OrderedDict
    collections.Counter string.Template threading.Event threading.Condition weakref.ref types.ModuleType
    argparse.Namespace argparse.ArgumentParser configparser.ConfigParser configparser.RawConfigParser
    json.encoder.JSONEncoder json.decoder.JSONDecoder email.message.Message dataclasses.Field inspect.Signature
    inspect.Parameter enum.Enum enum.IntEnum random.Random functools.partial operator.itemgetter io.BytesIO
    io.StringIO _io.BytesIO _io.StringIO queue.Queue collections.abc.Mapping xml.etree.ElementTree.Element uuid.UUID
    types.SimpleNamespace
    """
)

# Protocol 0 to 2 name modules as Python 2 did; the unpickler renames them (CPython's fix_imports).
PYTHON2 = {
    "__builtin__": "builtins",
    "exceptions": "builtins",
    "copy_reg": "copyreg",
    "cPickle": "pickle",
    "Queue": "queue",
    "commands": "subprocess",
    "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
    "ConfigParser": "configparser",
    "SocketServer": "socketserver",
    "UserDict": "collections",
    "UserList": "collections",
    "UserString": "collections",
    "StringIO": "io",
    "cStringIO": "io",
    "thread": "_thread",
    "_winreg": "winreg",
    "httplib": "http.client",
    "itertools.imap": "builtins.map",
    "posix": "os",
    "nt": "os",
    "_io": "io",
    "_functools": "functools",
    "_operator": "operator",
    "_pickle": "pickle",
    "_codecs": "codecs",
    "_socket": "socket",
    "_ssl": "ssl",
    "_thread": "threading",
    "_datetime": "datetime",
    "_decimal": "decimal",
    "_collections": "collections",
    "_weakref": "weakref",
    "_signal": "signal",
    "_struct": "struct",
}
PYTHON2_NAMES = {
    ("builtins", "unicode"): "str",
    ("builtins", "long"): "int",
    ("builtins", "xrange"): "range",
    ("builtins", "unichr"): "chr",
    ("collections", "IterableUserDict"): "UserDict",
    ("builtins", "basestring"): "str",
    ("builtins", "StandardError"): "Exception",
}
