"""What a pickle may call, and which classes may stand in it as data: names, in groups, each group with its reason."""

from __future__ import annotations

from mlsupply.evidence.models.names import table, words

# Constructors and helpers that only build values from their arguments: what pickle, copyreg and the libraries' own
# __reduce__ methods write. Each was read: it imports nothing, opens nothing and calls none of its arguments.
CALLS = table(
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
    ast: AST Add And AnnAssign Assert Assign AsyncFor AsyncFunctionDef AsyncWith Attribute AugAssign
    ast: AugLoad AugStore Await BinOp BitAnd BitOr BitXor BoolOp Break Bytes Call ClassDef Compare
    ast: Constant Continue Del Delete Dict DictComp Div Ellipsis Eq ExceptHandler Expr Expression
    ast: ExtSlice FloorDiv For FormattedValue FunctionDef FunctionType GeneratorExp Global Gt GtE If
    ast: IfExp Import ImportFrom In Index Interactive Invert Is IsNot JoinedStr LShift Lambda List
    ast: ListComp Load Lt LtE MatMult Match MatchAs MatchClass MatchMapping MatchOr MatchSequence
    ast: MatchSingleton MatchStar MatchValue Mod Module Mult Name NameConstant NamedExpr Nonlocal Not
    ast: NotEq NotIn Num Or Param Pass Pow RShift Raise Return Set SetComp Slice Starred Store Str Sub
    ast: Subscript Suite Try TryStar Tuple TypeIgnore UAdd USub UnaryOp While With Yield YieldFrom
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
    pandas: StringDtype CategoricalDtype DatetimeTZDtype PeriodDtype IntervalDtype SparseDtype BooleanDtype
    pandas: Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype Float32Dtype
    pandas: Float64Dtype
    pandas._libs.sparse: IntIndex BlockIndex
    pandas._libs.tslibs.timestamps: Timestamp _unpickle_timestamp
    pandas._libs.tslibs.timedeltas: Timedelta _timedelta_unpickle
    pandas._libs.tslibs.period: Period
    pandas._libs.tslibs.nattype: _nat_unpickle
    pandas._libs.tslibs.offsets: BaseOffset _offset to_offset Day Hour Minute Second BusinessDay MonthEnd MonthBegin
    pandas._libs.tslibs.offsets: Milli Micro Nano BusinessHour BusinessMonthEnd BusinessMonthBegin CustomBusinessDay
    pandas._libs.tslibs.offsets: CustomBusinessHour CustomBusinessMonthEnd CustomBusinessMonthBegin DateOffset Easter
    pandas._libs.tslibs.offsets: FY5253 FY5253Quarter LastWeekOfMonth QuarterBegin QuarterEnd BQuarterBegin BQuarterEnd
    pandas._libs.tslibs.offsets: SemiMonthBegin SemiMonthEnd Week WeekOfMonth YearBegin YearEnd BYearBegin BYearEnd
    pandas._libs.tslibs.np_datetime: OutOfBoundsDatetime
    pandas._libs.internals: _unpickle_block BlockPlacement
    pandas._libs.interval: Interval
    pandas._libs.missing: NAType _nat_unpickle
    pandas._libs.arrays: __pyx_unpickle_NDArrayBacked
    pandas.core.indexes.base: _new_Index Index
    pandas.core.indexes.datetimes: _new_DatetimeIndex DatetimeIndex
    pandas.core.indexes.period: _new_PeriodIndex PeriodIndex
    pandas.core.indexes.interval: IntervalIndex _new_IntervalIndex
    pandas.core.indexes.range: RangeIndex
    pandas.core.indexes.multi: MultiIndex
    pandas.core.indexes.timedeltas: TimedeltaIndex _new_TimedeltaIndex
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
    torch._C: _disabled_torch_function_impl Generator
    nltk.probability: FreqDist ConditionalFreqDist
    pyarrow.lib: type_for_alias _restore_array field schema
    operator: or_
    spacy.vocab: unpickle_vocab Vocab
    spacy.tokens.doc: unpickle_doc Doc
    spacy.strings: StringStore
    spacy.vectors: unpickle_vectors
    spacy.morphology: unpickle_morphology
    spacy.matcher.matcher: unpickle_matcher
    spacy.matcher.phrasematcher: unpickle_matcher
    spacy.tokenizer: unpickle_tokenizer Tokenizer
    statsmodels.tsa.statespace._initialization: sInitialization dInitialization cInitialization zInitialization
    statsmodels.tsa.statespace._representation: sStatespace dStatespace cStatespace zStatespace
    statsmodels.tsa.statespace._kalman_filter: sKalmanFilter dKalmanFilter cKalmanFilter zKalmanFilter
    statsmodels.tsa.statespace._kalman_smoother: sKalmanSmoother dKalmanSmoother cKalmanSmoother zKalmanSmoother
    shapely.wkb: loads
    shapely.io: from_wkb
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
    ultralytics.utils: IterableSimpleNamespace
    ultralytics.yolo.utils: IterableSimpleNamespace
    """
)

# Functions that rebuild an object of their own library and are named so by convention (Cython, torch, pandas).
REBUILDERS = ("__pyx_unpickle_", "newObj", "_rebuild_", "_reconstruct", "_unpickle_", "_from_pickle", "__setstate_cython__")

# Callables that call what they are handed, or hand it on: judged as the call they make.
CALLERS = table(
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
    munch box confection
    xarray ignite composer textstat symspellpy torch_xla torchao xformers flash_attn mamba_ssm open_clip_torch
    clip sae_lens transformer_lens neuralforecast statsforecast gluonts kats greykite orbit mapie alibi fairlearn aif360
    featuretools woodwork evalml pycaret auto_sklearn autosklearn flaml nevergrad deap pymoo bayes_opt skopt ConfigSpace
    rdkit deepchem dgl torchdrug torch_cluster ogb stellargraph node2vec karateclub cugraph cuml cudf cupy
    """
)

# Names that are data or plain construction although they lie below a prefix above.
SAFE_BELOW = words(
    """
    torch.serialization._get_layout torch._dynamo.utils.dict_keys scipy._lib._bunch._make_tuple_bunch
    pandas.core.computation keras.src.saving.keras_saveable.KerasSaveable._unpickle_model
    torch.fx.experimental.symbolic_shapes.Dim
    torch.multiprocessing.reductions.rebuild_tensor scipy._lib._ccallback.LowLevelCallable
    """
)

# Called from the standard library these only compute; nothing ordinary writes them, so they are not verified.
HARMLESS = table(
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
    types.SimpleNamespace graphlib.TopologicalSorter traceback.FrameSummary
    """
)
