"""What the imports of a pickle would do when it were loaded: harmless, unknown or dangerous, and why in plain words.

Called by grading. Tables only: what is harmless is listed name by name, what is dangerous by module; everything else is unknown and
never called harmless. Harmless is what PyTorch's own careful loader takes (pytorch/pytorch:torch/_weights_only_unpickler.py), and
names that only describe a training run.
"""

import _compat_pickle
from functools import cache
from typing import Final, NamedTuple

from model_manager.core.formats.opcodes import COMPUTED
from model_manager.core.health.records import DANGEROUS, SAFE, SUSPICIOUS
from model_manager.core.words import tr

_STORAGES: Final = (
    *("Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool", "ComplexDouble", "ComplexFloat"),
    *("QUInt8", "QInt8", "QInt32", "QUInt4x2", "QUInt2x4", "Untyped", "Typed"),
)
_DTYPES: Final = (
    *("float64", "double", "float32", "float", "float16", "half", "bfloat16", "complex32", "complex64", "complex128", "uint8", "int8"),
    *("int16", "short", "int32", "int", "int64", "long", "bool", "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"),
    *("float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "quint8", "qint8", "qint32", "quint4x2", "quint2x4"),
)
_REBUILDERS: Final = (
    *("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter", "_rebuild_parameter_with_state"),
    *("_rebuild_qtensor", "_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor", "_rebuild_nested_tensor"),
    *("_rebuild_meta_tensor_no_storage", "_rebuild_wrapper_subclass", "_rebuild_device_tensor_from_cpu_tensor"),
)
_TORCH: Final = (
    *(f"{name}Storage" for name in _STORAGES), *_DTYPES,
    *("Size", "Tensor", "device", "strided", "sparse_coo", "per_tensor_affine", "per_channel_affine", "contiguous_format"),
)  # fmt: skip
_BUILTINS: Final = (
    *("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "long", "object", "range", "set", "slice"),
    *("str", "tuple", "unicode", "xrange", "Ellipsis", "NotImplemented"),
)
_NUMBERS: Final = (
    *("dtype", "ndarray", "bool_", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16"),
    *("float32", "float64", "complex64", "complex128", "longlong", "intc", "str_", "bytes_"),
)
_CALLBACKS: Final = {
    f"{package}.callbacks.{module}": frozenset({name})
    for package in ("pytorch_lightning", "lightning.pytorch")
    for module, name in (
        *(("model_checkpoint", "ModelCheckpoint"), ("early_stopping", "EarlyStopping")),
        *(("lr_monitor", "LearningRateMonitor"), ("timer", "Timer")),
    )
}
_HARMLESS: Final[dict[str, frozenset[str]]] = {
    "collections": frozenset({"OrderedDict", "defaultdict", "Counter", "deque"}),
    "torch": frozenset(_TORCH),
    "torch.storage": frozenset({"UntypedStorage", "TypedStorage", "_UntypedStorage", "_TypedStorage"}),
    "torch._utils": frozenset(_REBUILDERS),
    "torch._tensor": frozenset({"Tensor", "_rebuild_from_type_v2"}),
    "torch.nn.parameter": frozenset({"Parameter", "Buffer", "UninitializedParameter"}),
    "torch.nn": frozenset({"Parameter"}),
    "torch.serialization": frozenset({"_get_layout"}),
    # what TorchScript writes around values (torch/jit/_pickle.py); each gives back what it gets
    "torch.jit._pickle": frozenset(
        ("build_boollist", "build_doublelist", "build_intlist", "build_tensor_from_id", "build_tensorlist", "restore_type_tag")
    ),
    "_codecs": frozenset({"encode"}),
    "builtins": frozenset(_BUILTINS),
    "__builtin__": frozenset(_BUILTINS),
    **dict.fromkeys(("copyreg", "copy_reg"), frozenset({"_reconstructor", "__newobj__", "__newobj_ex__"})),
    **dict.fromkeys(("io", "_io"), frozenset({"BytesIO"})),
    "types": frozenset({"SimpleNamespace"}),
    "numpy": frozenset(_NUMBERS),
    **dict.fromkeys(("numpy.core.multiarray", "numpy._core.multiarray"), frozenset({"_reconstruct", "scalar"})),
    **dict.fromkeys(("numpy.core.numeric", "numpy._core.numeric"), frozenset({"_frombuffer"})),
    "numpy.dtypes": frozenset({f"{name}DType" for name in ("Float16", "Float32", "Float64", "Int8", "Int16", "Int32", "Int64", "Bool")}),
    "argparse": frozenset({"Namespace"}),
    "datetime": frozenset({"date", "datetime", "time", "timedelta", "timezone"}),
    "decimal": frozenset({"Decimal"}),
    "fractions": frozenset({"Fraction"}),
    "pathlib": frozenset({"Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath"}),
    "typing": frozenset({"Any", "Dict", "List", "Optional", "Tuple", "Union"}),
    "omegaconf.dictconfig": frozenset({"DictConfig"}),
    "omegaconf.listconfig": frozenset({"ListConfig"}),
    "omegaconf.base": frozenset({"Metadata", "ContainerMetadata"}),
    "omegaconf.nodes": frozenset({f"{name}Node" for name in ("Any", "String", "Integer", "Float", "Boolean", "Enum")}),
    "pytorch_lightning.utilities.parsing": frozenset({"AttributeDict"}),
    "lightning_fabric.utilities.data": frozenset({"AttributeDict"}),
    "lightning.fabric.utilities.data": frozenset({"AttributeDict"}),
    **_CALLBACKS,
}

# What a module, or one of its names, would do; a module stands for all that is below it.
_RUNS, _CODE, _PICKLE, _FILES, _NETWORK, _REACHES, _BROWSER, _NATIVE = (
    "runs",
    "code",
    "pickle",
    "files",
    "network",
    "reaches",
    "browser",
    "native",
)
_MODULES: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            *(
                "os",
                "posix",
                "nt",
                "subprocess",
                "_posixsubprocess",
                "pty",
                "commands",
                "popen2",
                "multiprocessing",
                "concurrent",
                "asyncio",
            ),
            *("_osx_support", "_aix_support", "uuid", "_pyrepl", "signal", "winreg", "_winreg", "_winapi", "msvcrt", "sched", "atexit"),
            *("torch.multiprocessing", "torch.distributed", "torch.utils.collect_env", "torch.utils.cpp_extension", "invoke", "fabric"),
            *("paramiko", "pexpect", "psutil", "plumbum", "ptyprocess"),
        ),
        _RUNS,
    ),
    **dict.fromkeys(
        (
            *("runpy", "code", "codeop", "bdb", "pdb", "cProfile", "profile", "trace", "timeit", "doctest", "pydoc", "importlib", "imp"),
            *("_imp", "_frozen_importlib", "_frozen_importlib_external", "pkgutil", "zipimport", "types", "marshal", "new", "ast", "dis"),
            *("inspect", "unittest", "test", "_testcapi", "idlelib", "lib2to3", "pip", "ensurepip", "venv", "setuptools", "pkg_resources"),
            *("distutils", "site", "antigravity", "turtledemo", "tkinter", "_tkinter", "cloudpickle", "threading", "_thread", "thread"),
            *("numpy.f2py", "numpy.testing", "numpy.distutils", "numpy.lib.utils", "numpy.lib._utils_impl", "torch._dynamo"),
            *("torch._inductor", "torch.fx", "torch.jit", "torch.utils.bottleneck", "torch.utils._config_module", "torch.testing"),
            *("torch.utils.data.datapipes", "torch._numpy.testing", "torch._C._jit", "numexpr", "pandas.core.computation", "IPython"),
            *("pytest", "_pytest", "nose", "sympy", "logging.config", "gc", "jinja2", "numba", "sqlite3", "rlcompleter", "execnet"),
        ),
        _CODE,
    ),
    **dict.fromkeys(
        (
            *(
                "pickle",
                "_pickle",
                "cPickle",
                "dill",
                "joblib",
                "shelve",
                "torch.hub",
                "torch.package",
                "torch.serialization",
                "pickletools",
            ),
            *("torch.export", "numpy.lib.npyio", "numpy.lib._npyio_impl", "pandas.io.pickle", "yaml", "jsonpickle"),
        ),
        _PICKLE,
    ),
    **dict.fromkeys(
        (
            *("shutil", "io", "_io", "_pyio", "tempfile", "fileinput", "linecache", "zipfile", "tarfile", "mmap", "gzip", "bz2", "lzma"),
            *("posixfile", "fcntl", "codecs", "py_compile", "compileall"),
        ),
        _FILES,
    ),
    **dict.fromkeys(
        (
            *(
                "socket",
                "_socket",
                "ssl",
                "_ssl",
                "http",
                "httplib",
                "urllib",
                "urllib2",
                "urllib3",
                "requests",
                "aiohttp",
                "httpx",
                "ftplib",
            ),
            *("smtplib", "telnetlib", "poplib", "imaplib", "nntplib", "xmlrpc", "xmlrpclib", "socketserver", "SocketServer", "websocket"),
            *("websockets", "wsgiref", "BaseHTTPServer", "SimpleHTTPServer", "cgi", "huggingface_hub", "select", "selectors"),
        ),
        _NETWORK,
    ),
    **dict.fromkeys(("operator", "_operator", "sys", "weakref", "_weakref"), _REACHES),
    **dict.fromkeys(("ctypes", "_ctypes", "cffi", "_cffi_backend", "numpy.ctypeslib", "torch.ops", "torch.classes"), _NATIVE),
    "webbrowser": _BROWSER,
}
_NAMES: Final[dict[str, dict[str, str]]] = {
    "builtins": {
        **dict.fromkeys(("eval", "exec", "execfile", "compile", "__import__", "breakpoint", "apply", "input", "reload", "help"), _CODE),
        **dict.fromkeys(("__build_class__", "type", "super", "classmethod", "staticmethod", "property", "map", "filter", "next"), _REACHES),
        **dict.fromkeys(("getattr", "setattr", "delattr", "hasattr", "globals", "locals", "vars", "dir", "memoryview"), _REACHES),
        **dict.fromkeys(("open", "file", "print", "exit", "quit"), _FILES),
    },
    "functools": dict.fromkeys(("partial", "partialmethod", "reduce", "singledispatch", "cached_property"), _REACHES),
    "itertools": dict.fromkeys(("starmap", "accumulate", "imap", "ifilter"), _REACHES),
    "logging": dict.fromkeys(("FileHandler", "basicConfig"), _FILES) | {"os": _RUNS, "sys": _REACHES},
    "platform": dict.fromkeys(("popen", "os", "subprocess", "_syscmd_file", "_syscmd_ver"), _RUNS),
    "glob": {"os": _RUNS},
    "numpy": {
        **dict.fromkeys(("load", "loads"), _PICKLE),
        **dict.fromkeys(
            ("fromfile", "memmap", "save", "savez", "savez_compressed", "savetxt", "loadtxt", "genfromtxt", "DataSource"), _FILES
        ),
        **dict.fromkeys(
            ("f2py", "testing", "distutils", "vectorize", "frompyfunc", "apply_along_axis", "piecewise", "fromfunction"), _CODE
        ),
        "ctypeslib": _NATIVE,
    },
    "torch": {
        **dict.fromkeys(("load", "hub", "serialization", "package"), _PICKLE),
        **dict.fromkeys(("save", "from_file"), _FILES),
        **dict.fromkeys(("compile", "jit", "fx", "vmap"), _CODE),
        **dict.fromkeys(("ops", "classes"), _NATIVE),
    },
    "torch.storage": dict.fromkeys(("_load_from_bytes",), _PICKLE) | dict.fromkeys(("io",), _FILES),
    "pandas": {**dict.fromkeys(("read_pickle",), _PICKLE), **dict.fromkeys(("eval",), _CODE)},
    "collections": {"_sys": _REACHES, "_eq": _REACHES},
    "copyreg": dict.fromkeys(("pickle", "constructor", "add_extension"), _REACHES),
}


class Judgement(NamedTuple):
    """How grave an import is, and what it would do."""

    level: str
    text: str


@cache
def judge(name: str) -> Judgement:
    """Judge an import given as "module name"."""
    if name == COMPUTED:
        return Judgement(DANGEROUS, tr("Hides what it would run: the name is only put together while the file is loaded."))
    module, _, rest = name.partition(" ")
    gravest = [_judged(*spelling) for spelling in _spellings(module, rest)]
    return max(gravest, key=lambda one: (SAFE, SUSPICIOUS, DANGEROUS).index(one.level))


def _spellings(module: str, name: str) -> list[tuple[str, str]]:
    """The import as it stands, and as today's Python translates the names of Python 2."""
    found = [(module, name)]
    if (module, name) in _compat_pickle.NAME_MAPPING:
        found.append(_compat_pickle.NAME_MAPPING[module, name])
    elif module in _compat_pickle.IMPORT_MAPPING:
        found.append((_compat_pickle.IMPORT_MAPPING[module], name))
    return found


def _judged(module: str, name: str) -> Judgement:
    if name in _HARMLESS.get(module, ()):
        return Judgement(SAFE, "")
    sort = _danger(module, name)
    if sort:
        return Judgement(DANGEROUS, _words(sort))
    if module == "__torch__" or module.startswith("__torch__."):
        return Judgement(SUSPICIOUS, tr("Part of a TorchScript program."))
    if module.startswith("torch."):
        return Judgement(SUSPICIOUS, tr("Rebuilds a part of PyTorch with code of its own, not only weights."))
    return Judgement(SUSPICIOUS, tr("Not known: loads the Python package “{package}” and uses it.", package=module.partition(".")[0]))


def _danger(module: str, name: str) -> str:
    """What is dangerous about an import, "" where nothing is known to be."""
    parts = module.split(".")
    for count in range(len(parts), 0, -1):
        if found := _MODULES.get(".".join(parts[:count]), ""):
            return found
    own = "builtins" if module in ("__builtin__", "__builtins__") else module
    if found := _NAMES.get(own, {}).get(name.partition(".")[0], ""):
        return found
    steps = name.split(".")  # a name may lead on from one thing to the next, and so out of a harmless module
    for step in steps:
        if found := _MODULES.get(step, "") or (_NAMES["builtins"].get(step, "") if len(steps) > 1 else ""):
            return found
    return _REACHES if any(step.startswith("__") for step in (*steps, *parts[1:])) else ""


def _words(sort: str) -> str:
    return {
        _RUNS: tr("Can run programs and commands on this computer."),
        _CODE: tr("Can run Python code that is hidden in the file."),
        _PICKLE: tr("Loads another file or hidden data that can run anything."),
        _FILES: tr("Can read, write or delete files."),
        _NETWORK: tr("Can connect to the internet."),
        _REACHES: tr("Can reach anything in Python by a detour."),
        _BROWSER: tr("Can open pages and programs."),
        _NATIVE: tr("Can run machine code that is hidden in the file."),
    }[sort]
