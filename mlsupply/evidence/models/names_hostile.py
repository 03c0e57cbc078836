"""What a pickle must not call or hold: names, in groups, each group with its reason."""

from __future__ import annotations

from mlsupply.evidence.models.names import words

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
    sentence_transformers.SentenceTransformer sentence_transformers.CrossEncoder sentence_transformers.SparseEncoder
    sentence_transformers.cross_encoder sentence_transformers.models.Transformer keras.models.model_from_json
    keras.models.model_from_config keras.models.model_from_yaml tensorflow.py_function tensorflow.numpy_function
    timm.create_model timm.models.create_model accelerate.notebook_launcher accelerate.debug_launcher
    accelerate.launchers accelerate.commands matplotlib.pyplot matplotlib.image numpy.apply_along_axis
    numpy.apply_over_axes numpy.fromfunction numpy.fromregex numpy.piecewise numpy.vectorize numpy.loadtxt
    numpy.genfromtxt scipy.optimize.minimize scipy.optimize.root scipy.integrate torch.utils.checkpoint joblib.Parallel
    joblib.delayed lightning.pytorch.Trainer pytorch_lightning.Trainer lightning.Trainer xarray.open_dataset
    xarray.open_zarr clip.load cupy.RawModule cupy.RawKernel dgl.load_graphs pycaret.internal
    toolz.functoolz.compose multipledispatch.utils fasttext.load_model faiss.read_index annoy.load
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
    uvicorn gunicorn litellm openai zmq lmdb h5py tables zarr xonsh cv2 git gitdb apscheduler
    kombu billiard multiprocess pathos ppft pox loky langchain_community langchain_openai langchain_experimental
    deepspeed
    colossalai horovod zope tensorflow_hub pyspark py4j jnius sagemaker kfp ansible scapy nmap twine build poetry hatch
    conda mamba black coverage pre_commit watchdog huey rq dramatiq trio anyio sanic starlette fastapi werkzeug bottle
    cherrypy pyramid mechanize scrapy lxml openpyxl xlrd moviepy ffmpeg pydub soundfile librosa netCDF4 minio
    pysftp ldap3
    pyodbc cx_Oracle mysql asyncpg peewee elasticsearch kafka pika nats grpc thrift Pyro4 Pyro5 distributed upath
    cloudpathlib path pathlib2 send2trash pyperclip mss graphviz pydot dotenv environs decouple dynaconf bdb code
    codeop idlelib lib2to3 test turtle
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
    tabnanny telnetlib collections re sre_compile json csv locale gettext email _imp _frozen_importlib
    wave sunau chunk _frozen_importlib_external _testcapi _testinternalcapi _testbuffer _testimportmultiple _testmultiphase
    _xxsubinterpreters _interpreters _xxtestfuzz _tkinter _winapi _overlapped _posixshmem _curses _curses_panel
    _dbm _gdbm
    _scproxy _sitebuiltins _symtable _tracemalloc _uuid _zoneinfo _compression _compat_pickle _bootsubprocess
    _locale _opcode
    mailcap pstats pyclbr pickletools interpreters _remote_debugging
    anydbm dbhash dumbdbm gdbm whichdb xmlrpclib SimpleXMLRPCServer DocXMLRPCServer CGIHTTPServer SimpleHTTPServer
    Cookie
    cookielib robotparser Tkinter tkFileDialog ScrolledText dummy_thread dummy_threading _dummy_thread mimetools rfc822
    htmllib sgmllib httplib pydoc_topics aifc sunaudio
    """
)

# The rest of the standard library: functions outside `CALLS` are blocked, unknown classes are not verified.
STDLIB_OTHER = words(
    """
    _codecs abc argparse array base64 binascii binhex bisect calendar cmath colorsys copy dataclasses datetime
    _datetime decimal _decimal difflib encodings enum errno filecmp fnmatch formatter fractions getopt hashlib
    _hashlib heapq hmac html imghdr ipaddress itertools keyword macpath math mimetypes numbers optparse parser
    pprint queue Queue quopri sets sha md5 secrets sndhdr sre_constants sre_parse stat statistics stringprep struct
    _struct textwrap time token tomllib types unicodedata uu xdrlib zlib zoneinfo _collections
    _collections_abc _random _queue _json _csv _string _elementtree UserDict UserList UserString StringIO cStringIO
    ConfigParser HTMLParser SocketServer BaseHTTPServer exceptions _abc _ast _bisect _blake2 _codecs_cn _codecs_hk
    _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _contextvars _crypt _heapq _markupbase _md5 _msi _multibytecodec
    _py_abc _pydecimal _sha1 _sha256 _sha3 _sha512 _sre _stat _statistics _strptime _tokenize _typing _warnings
    _weakrefset
    audioop termios
    """
)

# Modules of `STDLIB_BLOCKED` whose functions may stand in a file as a value (a key function, a formatter): a call is
# blocked, a mere reference is data.
STDLIB_QUIET = words(
    """
    collections re sre_compile json csv locale gettext email typing string random reprlib warnings contextlib traceback
    contextvars weakref graphlib functools operator logging uuid types copyreg ast dis tokenize plistlib pathlib
    genericpath
    posixpath ntpath platform mimetypes concurrent asyncio select selectors opcode symtable inspect _weakref
    __future__ test
    """
)
BUILTINS_ACTING = words(
    """
    eval exec compile open __import__ getattr setattr delattr globals locals vars input breakpoint execfile apply file
    raw_input reload __build_class__ exit quit memoryview
    """
)
