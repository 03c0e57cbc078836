"""Functions that run code, start programs, touch files or reach hosts, and that no published list names: one pickle each.

Written from the documentation of the libraries, without a look at what the scanner knows.
"""

from __future__ import annotations

from mlsupply.evidence.models.names import words
from tests.models.writing import blob, call, name, payload, pickled, short, stack_name, text

# module:attribute
STDLIB = words(
    """
    _posixsubprocess:fork_exec subprocess:getoutput subprocess:check_output subprocess:run os:execv os:posix_spawn
    os:startfile posix:execve os:putenv os:rename os:link os:open os:removedirs os:fdopen os:environ.update
    _pyio:open _pyio:FileIO gzip:open gzip:GzipFile bz2:BZ2File lzma:open zipfile:ZipFile zipfile:main tarfile:open
    shelve:open dbm:open dbm.dumb:open sqlite3:connect fileinput:input http.server:test socketserver:TCPServer
    socket:create_connection socket:create_server asyncio:run asyncio.runners:run multiprocessing:Process
    multiprocessing.popen_fork:Popen multiprocessing.connection:Client multiprocessing.context:Process
    concurrent.futures.process:_process_worker threading:Thread threading:Timer _thread:start_new_thread
    atexit:register weakref:finalize signal:signal sys:settrace sys:setprofile sys:addaudithook sys:exit os:_exit
    os:kill os:abort unittest.mock:_importer unittest.mock:_dot_lookup unittest.loader:TestLoader.loadTestsFromName
    unittest:main pdb:run pdb:runeval pdb:runcall rlcompleter:Completer.attr_matches code:interact
    code:InteractiveConsole.push xml.sax:parse xml.etree.ElementTree:parse xml.dom.minidom:parse mailcap:findmatch
    netrc:netrc nntplib:NNTP poplib:POP3 venv:create ensurepip:bootstrap compileall:compile_dir py_compile:compile
    zipapp:create_archive modulefinder:ModuleFinder.run_script pstats:Stats tkinter:Tk _tkinter:create
    cgitb:enable lib2to3.main:main lib2to3.pgen2.driver:load_grammar lib2to3.refactor:get_fixers_from_package
    test.support.script_helper:assert_python_ok _testcapi:run_in_subinterp _xxsubinterpreters:run_string
    distutils.core:run_setup distutils.dir_util:remove_tree distutils.ccompiler:CCompiler.spawn
    importlib._bootstrap:_call_with_frames_removed importlib._bootstrap:_gcd_import importlib:reload
    importlib.machinery:SourceFileLoader.load_module _frozen_importlib:_call_with_frames_removed
    _imp:create_dynamic imp:load_dynamic imp:load_module importlib.util:spec_from_file_location
    importlib._bootstrap_external:SourceFileLoader.exec_module dataclasses:make_dataclass typing:get_type_hints
    typing:_eval_type typing:ForwardRef._evaluate logging.config:fileConfig logging.config:listen
    logging.handlers:SocketHandler logging.handlers:HTTPHandler logging.handlers:RotatingFileHandler
    logging:basicConfig wsgiref.simple_server:make_server wsgiref.handlers:CGIHandler.run bdb:Bdb.runcall
    cProfile:Profile.runcall profile:Profile.runcall trace:Trace.runfunc pydoc:safeimport pydoc:writedoc pydoc:browse
    pydoc:apropos os:_wrap_close shutil:copyfile shutil:unpack_archive shutil:move shutil:chown platform:popen
    platform:_syscmd_ver platform:_syscmd_file ctypes:cdll.LoadLibrary ctypes:LibraryLoader.LoadLibrary
    ctypes.util:find_library ctypes:string_at ctypes:memmove ctypes:pythonapi.PyRun_SimpleString
    contextlib:ExitStack.callback sched:scheduler.run turtle:Turtle smtpd:SMTPServer
    urllib.request:URLopener.open urllib.request:build_opener
    urllib.robotparser:RobotFileParser.read webbrowser:get webbrowser:BackgroundBrowser antigravity:geohash
    pathlib:Path.write_text pathlib:Path.read_bytes pathlib:PosixPath.unlink tempfile:NamedTemporaryFile
    tempfile:mkdtemp glob:glob linecache:getline tokenize:open
    plistlib:loads faulthandler:dump_traceback
    resource:setrlimit pty:fork fcntl:ioctl mmap:mmap readline:read_init_file syslog:syslog winreg:SetValue
    _winapi:CreateProcess msilib:OpenDatabase nt:startfile sysconfig:_main zipimport:zipimporter.load_module
    code:compile_command codeop:compile_command builtins:compile builtins:input builtins:delattr
    builtins:help builtins:exit
    xmlrpc.server:SimpleXMLRPCServer xmlrpc.server:CGIXMLRPCRequestHandler
    mimetypes:init configparser:ConfigParser.read json.tool:main
    asyncio.base_events:BaseEventLoop.subprocess_shell asyncio.subprocess:create_subprocess_shell
    multiprocessing.spawn:spawn_main multiprocessing.spawn:prepare multiprocessing.forkserver:main
    multiprocessing.managers:BaseManager.start multiprocessing.pool:Pool multiprocessing.reduction:rebuild_socket
    multiprocessing.shared_memory:SharedMemory multiprocessing.resource_tracker:ensure_running
    sre_compile:os.system
    wave:open wave:Wave_write sunau:Au_write chunk:Chunk
    """
)
LIBRARIES = words(
    """
    numpy:vectorize.__call__ numpy:apply_along_axis numpy:savetxt numpy:save numpy:loadtxt numpy:genfromtxt
    numpy.lib._datasource:open numpy.lib.format:open_memmap numpy.lib.format:read_array numpy:DataSource.open
    numpy.ctypeslib:load_library numpy:fromfunction numpy.testing:rundocs
    numpy.f2py:compile numpy.f2py.diagnose:run_command numpy.distutils.misc_util:exec_mod_from_location
    pandas:read_csv pandas:read_json pandas:read_html pandas:read_sql pandas:read_hdf pandas.core.frame:DataFrame.eval
    pandas.core.frame:DataFrame.query pandas.core.generic:NDFrame.to_pickle pandas.io.pickle:read_pickle
    pandas.compat.pickle_compat:load pandas.core.computation.expr:Expr pandas.io.clipboard:paste
    scipy.io.matlab:loadmat scipy.io:mmread scipy.io.wavfile:read scipy.datasets:face scipy.optimize:minimize
    sklearn.datasets:fetch_openml sklearn.datasets:load_svmlight_file sklearn.externals.joblib:load
    sklearn.utils._testing:assert_run_python_script sklearn.datasets._base:_fetch_remote
    torch.utils.cpp_extension:load torch.utils.cpp_extension:load_inline torch.ops:load_library
    torch._ops:_Ops.load_library torch._classes:_Classes.load_library torch.package:PackageImporter
    torch.multiprocessing:spawn torch.distributed.run:main torch.distributed.rpc:init_rpc
    torch.fx.graph_module:reduce_graph_module torch.fx.graph_module:_exec_with_source torch.serialization:load
    torch._inductor.codecache:PyCodeCache.load torch._inductor.runtime.compile_tasks:_reload_python_module
    torch.utils.checkpoint:checkpoint torch:from_file torch.hub:download_url_to_file torch.hub:load_state_dict_from_url
    torch.hub:_import_module torch.onnx.verification:_run_cmd torch.testing._internal.common_utils:shell
    torch.utils._cpp_extension_versioner:hash_source_files torch.export:load torch.compiler:load_cache_artifacts
    torch._C:_load_for_lite_interpreter torch._C:import_ir_module torch.utils.tensorboard:SummaryWriter
    joblib:Parallel joblib.numpy_pickle:load joblib.memory:Memory joblib.externals.cloudpickle:loads
    joblib.externals.loky.backend.popen_loky_posix:Popen joblib.externals.loky.backend.spawn:prepare
    keras.src.saving.serialization_lib:deserialize_keras_object keras.src.utils.python_utils:func_load
    keras.saving:load_model keras.src.saving.saving_api:load_model keras.models:model_from_json
    tensorflow:saved_model.load tensorflow:py_function tensorflow:load_op_library tensorflow:io.gfile.remove
    tensorflow.python.ops.script_ops:eager_py_func tensorflow.python.lib.io.file_io:write_string_to_file
    tensorflow.python.platform.gfile:GFile tensorflow_hub:load
    transformers.dynamic_module_utils:get_class_from_dynamic_module transformers:AutoTokenizer.from_pretrained
    transformers.utils.hub:cached_file huggingface_hub:hf_hub_download datasets.load:load_dataset_builder
    evaluate:load diffusers:DiffusionPipeline.from_pretrained peft:PeftModel.from_pretrained
    sentence_transformers:SentenceTransformer distributed.protocol.pickle:loads ray.cloudpickle:loads
    mlflow.pyfunc:load_model mlflow.projects:run fsspec:open fsspec.core:open_files httpx:get aiohttp:ClientSession
    urllib3:request requests.sessions:Session.get paramiko:SSHClient.connect fabric:Connection.run invoke:run
    sh:Command pexpect:spawn pexpect:run ptyprocess:PtyProcess.spawn cffi:FFI.dlopen cffi.api:FFI.verify
    llvmlite.binding:load_library_permanently numexpr:evaluate sympy.parsing.sympy_parser:parse_expr
    sympy:lambdify mako.template:Template jinja2.environment:Environment.from_string
    django.utils.module_loading:import_string werkzeug.utils:import_string twisted.python.reflect:namedAny
    zope.dottedname.resolve:resolve hydra.utils:instantiate hydra._internal.utils:_locate nltk:download
    gensim.utils:unpickle gensim.models:KeyedVectors.load spacy.util:load_model onnx:load PIL.Image:open
    PIL.ImageMath:eval cv2:imread h5py:File zarr:open pyarrow.parquet:read_table polars:read_csv
    duckdb:sql sqlalchemy:create_engine boto3:client git:Repo.clone_from docker:from_env jsonpickle:decode
    yaml:load yaml:full_load ruamel.yaml:YAML.load dill:load_module dill.source:importable srsly:pickle_loads
    cloudpickle:loads cloudpickle.cloudpickle:_make_skeleton_class cloudpickle.cloudpickle:_builtin_type
    dill._dill:_import_module dill._dill:_eval_repr dill._dill:_create_code win32api:WinExec
    win32com.client:Dispatch wmi:WMI IPython.core.interactiveshell:InteractiveShell.run_cell IPython:embed
    jupyter_client.manager:start_new_kernel streamlit.web.bootstrap:run gradio:load uvicorn:run pytest:main nose:run
    pip._internal.utils.subprocess:call_subprocess pip._internal.cli.main:main pyximport:install
    Cython.Build.Inline:cython_inline setuptools.sandbox:run_setup setuptools._distutils.spawn:spawn
    pkg_resources:run_script matplotlib.pyplot:savefig wandb:init
    lightning.pytorch:Trainer.fit accelerate:notebook_launcher deepspeed.launcher.runner:main
    xgboost.core:Booster.load_model catboost:CatBoost.load_model lightgbm.basic:Booster.save_model
    numba.pycc:CC.compile numba.core.serialize:_unpickle__CustomPickled statsmodels.iolib.smpickle:load_pickle
    torchvision.io:read_image torchaudio:load timm:create_model openai:OpenAI langchain_community.llms:Ollama
    apscheduler.util:ref_to_obj celery.utils.imports:instantiate kombu.utils.imports:symbol_by_name
    pydantic.v1.utils:import_string pydantic._internal._validators:import_string traitlets.utils.importstring:import_item
    websocket:create_connection redis:Redis pymongo:MongoClient psycopg2:connect
    """
)


def gadgets(targets: frozenset[str]) -> dict[str, bytes]:
    """A pickle that calls each `module:attribute` with a text, in changing protocols and spellings."""
    made = {}
    for number, target in enumerate(sorted(targets)):
        module, _, attribute = target.partition(":")
        if number % 3 or "." in attribute:
            body, proto = stack_name(module, attribute) + short("x.invalid") + b"\x85R", 4
        else:
            body, proto = call(module, attribute, text("x.invalid")), 2
        made[target] = pickled(body, proto)
    return made


# names Python 2 wrote, which pickle maps to those of Python 3 below protocol 3
RENAMED = words(
    """
    __builtin__:eval __builtin__:execfile __builtin__:file __builtin__:reload commands:getoutput
    commands:getstatusoutput urllib:urlopen urllib:urlretrieve urllib2:urlopen cPickle:loads anydbm:open
    httplib:HTTPConnection xmlrpclib:ServerProxy os:getcwdu popen2:popen3 SocketServer:TCPServer
    """
)


def renamed() -> dict[str, bytes]:
    """A pickle of protocol 2 for each."""
    pairs = (one.partition(":") for one in sorted(RENAMED))
    return {f"python2 {module}:{attribute}": pickled(call(module, attribute, text("x"))) for module, _, attribute in pairs}


def called_through(echo: bytes = text("echo x")) -> dict[str, bytes]:
    """`os.system` handed to something that calls it."""
    system, listed = name("os", "system"), b"](" + echo + b"e"
    lazy = {
        "operator.call": call("operator", "call", system, echo),
        "_operator.call": call("_operator", "call", system, echo),
        "itertools.starmap": call("builtins", "list", call("itertools", "starmap", system, b"](" + echo + b"\x85e")),
        "filter": call("builtins", "tuple", call("builtins", "filter", system, listed)),
        "nsmallest": call("heapq", "nsmallest", b"K\1", listed, system),
        "groupby": call("builtins", "list", call("itertools", "groupby", listed, system)),
        "accumulate": call("builtins", "list", call("itertools", "accumulate", listed, system)),
        "iter with sentinel": call("builtins", "iter", system, b"K\1"),
        "counter of map": call("collections", "Counter", call("builtins", "map", system, listed)),
        "deque of map": call("collections", "deque", call("builtins", "map", system, listed)),
        "dict.fromkeys of map": call("builtins", "dict.fromkeys", call("builtins", "map", system, listed)),
        "method type": call("types", "MethodType", system, echo) + b")R",
        "simple queue": call("threading", "Thread", b"N", system),
        "partial by newobj_ex": name("functools", "partial") + system + echo + b"\x86}\x92)R",
        "partial by copyreg": call("copyreg", "__newobj__", name("functools", "partial"), system, echo) + b")R",
        "partial by setstate": name("functools", "partial")
        + name("builtins", "print")
        + b"\x85\x81("
        + system
        + echo
        + b"\x85}}tb)R",
        "partialmethod": call("functools", "partialmethod", system, echo),
        "singledispatch": call("functools", "singledispatch", system) + echo + b"\x85R",
        "lru_cache": call("functools", "lru_cache", system) + echo + b"\x85R",
        "cached_property": call("functools", "cached_property", system),
        "property": call("builtins", "property", system),
        "_functools.reduce": call("_functools", "reduce", system, listed),
        "exit stack": call("contextlib", "ExitStack.callback", name("contextlib", "ExitStack"), system, echo),
        "pool.map": call("multiprocessing.pool", "Pool.map", system, listed),
        "copyreg.pickle": call("copyreg", "pickle", name("builtins", "int"), system),
        "atexit": call("atexit", "register", system, echo),
        "finalize": call("weakref", "finalize", name("collections", "OrderedDict"), system, echo),
        "call_tip": call("importlib._bootstrap", "_call_with_frames_removed", system, echo),
        "vectorize": call("numpy", "vectorize", system) + echo + b"\x85R",
        "apply_along_axis": call("numpy", "apply_along_axis", system, b"K\0", listed),
        "series.map": call("pandas", "Series.map", call("pandas", "Series", listed), system),
        "torch checkpoint": call("torch.utils.checkpoint", "checkpoint", system, echo),
        "joblib delayed": call("joblib", "delayed", system) + echo + b"\x85R",
        "toolz": call("toolz.functoolz", "pipe", echo, system),
        "dask": call("dask.delayed", "delayed", system) + echo + b"\x85R",
        "sklearn function transformer": name("sklearn.preprocessing._function_transformer", "FunctionTransformer")
        + b")\x81}("
        + text("func")
        + system
        + b"ub",
        "method of an unpickler": call(
            "builtins", "getattr", call("_pickle", "Unpickler", call("io", "BytesIO", blob(payload()))), text("load")
        )
        + b")R",
    }
    return {f"through {key}": pickled(body, 4) for key, body in lazy.items()}
