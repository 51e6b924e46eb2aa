"""Pickles that would do harm and pickles that would not, put together opcode by opcode; whoever loads a bad one makes a marker file."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from model_manager.core.formats.write import torch_legacy_bytes, torch_zip_bytes

TENSORS = {"model.0.weight": ("F32", [4, 3]), "model.1.bias": ("BF16", [2])}


def text(word: str) -> bytes:
    """SHORT_BINUNICODE."""
    data = word.encode()
    return b"\x8c" + bytes([len(data)]) + data


def call(module: str, name: str, *words: str) -> bytes:
    """Protocol 2: a global called with texts."""
    values = b"".join(b"X" + struct.pack("<I", len(word)) + word.encode() for word in words)
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"(" + values + b"tR."


def stack_call(module: bytes, name: bytes, *words: str) -> bytes:
    """Protocol 4: module and name from the stack."""
    return b"\x80\x04" + module + name + b"\x93(" + b"".join(text(word) for word in words) + b"tR."


def bad(marker: Path) -> dict[str, bytes]:
    """Every known trick by its name; what can run here makes `marker`."""
    make = f"touch {marker}"
    code = f"open({str(marker)!r}, 'w')"
    names = {
        "os": ("os", "system"),
        "posix": ("posix", "system"),
        "nt": ("nt", "system"),
        "popen": ("os", "popen"),
        "subprocess": ("subprocess", "getoutput"),
        "commands": ("commands", "getoutput"),
        "pty": ("pty", "spawn"),
        "eval": ("builtins", "eval"),
        "exec": ("builtins", "exec"),
        "old eval": ("__builtin__", "eval"),
        "compile": ("builtins", "compile"),
        "execfile": ("__builtin__", "execfile"),
        "getattr": ("builtins", "getattr"),
        "apply": ("__builtin__", "apply"),
        "import": ("builtins", "__import__"),
        "open": ("builtins", "open"),
        "io": ("io", "open"),
        "_io": ("_io", "FileIO"),
        "runpy": ("runpy", "run_path"),
        "pip": ("pip", "main"),
        "pip inside": ("pip._internal", "main"),
        "importlib": ("importlib", "import_module"),
        "webbrowser": ("webbrowser", "open"),
        "f2py": ("numpy.f2py.crackfortran", "getlincoef"),
        "numpy testing": ("numpy.testing._private.utils", "runstring"),
        "torch.load": ("torch", "load"),
        "torch.serialization": ("torch.serialization", "load"),
        "torch.hub": ("torch.hub", "load"),
        "hidden storage": ("torch.storage", "_load_from_bytes"),
        "inductor": ("torch._inductor.codecache", "compile_file"),
        "unsupported ops": ("torch.jit.unsupported_tensor_ops", "execWrapper"),
        "guards": ("torch._dynamo.guards", "GuardBuilder.get"),
        "asyncio": ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
        "bdb": ("bdb", "Bdb.run"),
        "pdb": ("pdb", "run"),
        "doctest": ("doctest", "debug_script"),
        "cProfile": ("cProfile", "run"),
        "timeit": ("timeit", "timeit"),
        "trace": ("trace", "Trace.run"),
        "code": ("code", "InteractiveInterpreter.runcode"),
        "pydoc": ("pydoc", "pipepager"),
        "pickle": ("pickle", "loads"),
        "_pickle": ("_pickle", "loads"),
        "dill": ("dill", "loads"),
        "joblib": ("joblib", "load"),
        "numpy.load": ("numpy", "load"),
        "operator": ("operator", "methodcaller"),
        "_operator": ("_operator", "attrgetter"),
        "partial": ("functools", "partial"),
        "ctypes": ("ctypes", "CDLL"),
        "socket": ("socket", "create_connection"),
        "urllib": ("urllib.request", "urlopen"),
        "urllib2": ("urllib2", "urlopen"),
        "requests": ("requests.api", "get"),
        "shutil": ("shutil", "rmtree"),
        "sys": ("sys", "exit"),
        "code type": ("types", "CodeType"),
        "marshal": ("marshal", "loads"),
        "resolve": ("pkgutil", "resolve_name"),
        "logging": ("logging", "FileHandler"),
        "through torch": ("torch.serialization", "os.system"),
        "re-export": ("logging", "os"),
        "by a private module": ("torch._appdirs", "os.system"),
        "cloudpickle": ("cloudpickle.cloudpickle", "_make_function"),
        "multiprocessing": ("multiprocessing.util", "spawnv_passfds"),
        "uuid": ("uuid", "_get_command_stdout"),
        "test": ("test.support", "x"),
        "collect_env": ("torch.utils.collect_env", "run"),
        "idlelib": ("idlelib.run", "Executive.runcode"),
        "ensurepip": ("ensurepip", "_run_pip"),
    }
    found = {name: call(module, word, code if "eval" in name or "exec" in name else make) for name, (module, word) in names.items()}
    return found | tricks(make) | layouts(make)


def tricks(make: str) -> dict[str, bytes]:
    """Odd ways to the same end."""
    system = b"cos\nsystem\n"
    line = f"S'{make}'\n".encode()
    proto4 = stack_call(text("os"), text("system"), make)
    memo = b"\x80\x04" + text("os") + b"\x94" + text("system") + b"\x940" + b"0" + b"h\x00h\x01\x93" + b"(" + text(make) + b"tR."
    overwritten = (
        b"\x80\x04" + text("collections") + b"q\x050" + text("os") + b"q\x050" + b"h\x05" + text("system") + b"\x93(" + text(make) + b"tR."
    )
    far = (
        b"\x80\x04"
        + text("os")
        + b"r\xff\xff\x00\x000"
        + text("system")
        + b"p77777\n0"
        + b"j\xff\xff\x00\x00g77777\n\x93("
        + text(make)
        + b"tR."
    )
    swapped = b"\x80\x04" + text("OrderedDict") + text("system") + text("os") + b"q\x000" + b"h\x00" + b"q\x010" + b"0"
    swapped += b"h\x01" + text("system") + b"\x93(" + text(make) + b"tR."
    duplicated = b"\x80\x04" + text("os") + b"20" + text("system") + b"\x93(" + text(make) + b"tR."
    computed = b"\x80\x04" + b"cbuiltins\nstr\n(" + text("os") + b"tR" + text("system") + b"\x93(" + text(make) + b"tR."
    escaped = b"\x80\x04V\\u006fs\nS'\\x73ystem'\n\x93(" + text(make) + b"tR."
    return {
        "protocol 0": system + b"(" + line + b"tR.",
        "INST": b"(" + line + b"ios\nsystem\n.",
        "OBJ": b"(" + system + line + b"o.",
        "protocol 1": b"(" + system + b"U" + bytes([len(make)]) + make.encode() + b"o.",
        "NEWOBJ": b"\x80\x02csubprocess\nPopen\n(" + line + b"t\x81.",
        "NEWOBJ_EX": b"\x80\x04csubprocess\nPopen\n(" + line + b"t}\x92.",
        "STACK_GLOBAL": proto4,
        "memo": memo,
        "memo again": overwritten,
        "memo far": far,
        "memo of memo": swapped,
        "dup": duplicated,
        "computed": computed,
        "escaped": escaped,
        "long name": b"\x80\x04\x8d" + struct.pack("<Q", 2) + b"os" + text("system") + b"\x93" + b"(" + line + b"tR.",
        "bytes name": b"\x80\x04U\x02osU\x06system\x93(" + line + b"tR.",
        "frame": b"\x80\x04\x95" + struct.pack("<Q", len(proto4)) + proto4[2:],
        "wrong frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + proto4[2:],
        "protocol 9": b"\x80\x05" + proto4[2:],
        "BUILD": b"\x80\x02ccollections\nOrderedDict\n)R}" + text("x") + system + b"sb.",
        "popped": b"\x80\x02" + system + b"(" + line + b"tR0N.",
        "hidden in a list": b"\x80\x02](N" + system + b"(" + line + b"tRNe.",
        "as a key": b"\x80\x02}" + system + b"(" + line + b"tRNs.",
        "pop mark": b"\x80\x02(" + system + b"(" + line + b"tR1N.",
        "many imports": b"\x80\x02" + b"".join(b"cx\nn%d\n0" % n for n in range(1100)) + proto4[2:],
        "dotted": stack_call(text("torch"), text("serialization.os.system"), make),
        "reduce ex": pickle.dumps(Reduced(make), 4),
    }


class Reduced:
    """Pickles as a call of exec."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __reduce__(self) -> tuple[object, ...]:
        return exec, (f"import os; os.system({self.word!r})",)


def layouts(make: str) -> dict[str, bytes]:
    """Where in a file it may hide."""
    evil = call("os", "system", make)
    fine = pickle.dumps({"a": 1}, 2)
    return {
        "broken behind": evil[:-1] + b"\xff\xff\xff",
        "cut off behind": evil[:-1] + b"X\xff\xff\x00\x00ab",
        "no end": evil[:-1],
        "second": fine + evil,
        "tenth": fine * 9 + evil,
        "protocol 0 broken": b"cos\nsystem\n(S'" + make.encode() + b"'\ntR\xff",
        "behind zeros is nothing, before is": evil + bytes(500),
        "false magic": b"\x80\x02cbuiltins\neval\n(X\x02\x00\x00\x0042tR." + fine * 4,
        "not ascii": b"\x80\x02cos\nsystem\n(c\xc3\xa9\n\xc3\xa9\ntR.",
    }


def suspicious(make: str) -> dict[str, bytes]:
    """Not known to do harm, but nothing that weights need; or not to be followed."""
    return {
        "unknown": call("my_tools.things", "load_it", make),
        "torch module": call("torch.nn.modules.conv", "Conv2d", "x"),
        "extension": b"\x80\x02\x82\x05.",
        "opcode": b"\x80\x02}\xff.",
        "cut": b"\x80\x02X\xff\xff\xff\x00",
        "stack": b"\x80\x02}0000N.",
        "endless": b"\x80\x02" + b"N0" * 600_000 + b"N.",
        "many": b"\x80\x02N." * 500,
        "packed": b"7z\xbc\xaf\x27\x1c" + bytes(60),
        "gzip": b"\x1f\x8b\x08" + bytes(60),
        "behind": pickle.dumps({}) + b"something else",
    }


def good() -> dict[str, bytes]:
    """What training programs write."""
    scalar = b"\x80\x02cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00f8K\x00K\x01\x87R(K\x03"
    scalar += b"X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    scalar += b"c_codecs\nencode\nX\x08\x00\x00\x00abcdefghX\x06\x00\x00\x00latin1\x86R\x86R."
    lightning = b"\x80\x02}(X\x05\x00\x00\x00epochK\x05X\x09\x00\x00\x00callbacks}"
    lightning += (
        b"cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n}sX\x0a\x00\x00\x00state_dictccollections\nOrderedDict\n)Ru."
    )
    parameter = (
        b"\x80\x02ctorch._utils\n_rebuild_parameter\nctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nHalfStorage\n"
    )
    parameter += b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQK\x00K\x04\x85K\x01\x85\x89"
    parameter += b"ccollections\nOrderedDict\n)RtR\x89ccollections\nOrderedDict\n)R\x87R."
    ordered = OrderedDict((f"layer.{n}", [n, 2.5, True, None, b"x", (1, 2)]) for n in range(50))
    plain = {f"dict {protocol}": pickle.dumps({"a": list(range(9)), "b": {1, 2}, "c": 1 << 90}, protocol) for protocol in range(6)}
    return (
        plain
        | {f"ordered {protocol}": pickle.dumps(ordered, protocol) for protocol in range(6)}
        | {
            "scalar": scalar,
            "lightning": lightning,
            "parameter": parameter,
            "zip": torch_zip_bytes(TENSORS),
            "legacy": torch_legacy_bytes(TENSORS),
            "zip wrapped": torch_zip_bytes(TENSORS, "state_dict"),
            "several": pickle.dumps(1) + pickle.dumps([2]),
            "padded": pickle.dumps({}) + bytes(100),
        }
    )


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def legacy(evil: bytes) -> bytes:
    """Torch's older layout with `evil` as the object."""
    data = torch_legacy_bytes(TENSORS)
    start = data.index(b"ccollections\nOrderedDict") - 2
    end = data.index(b"\x80\x02](", start)
    return data[:start] + evil + data[end:]


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda evil: evil,
    "zip": lambda evil: zipped({"archive/data.pkl": evil, "archive/version": b"3"}),
    "deflated": lambda evil: zipped({"archive/data.pkl": evil, "archive/version": b"3"}, zipfile.ZIP_DEFLATED),
    "capitals": lambda evil: zipped({"archive/DATA.PKL": evil, "archive/version": b"3"}),
    "nested": lambda evil: zipped({"a/data.pkl": pickle.dumps({}), "a/inner.pt": zipped({"archive/data.pkl": evil})}),
    "appended zip": lambda evil: torch_legacy_bytes(TENSORS) + zipped({"archive/data.pkl": evil}),
    "two zips": lambda evil: torch_zip_bytes(TENSORS) + zipped({"archive/data.pkl": evil}),
    "zip before": lambda evil: zipped({"archive/data.pkl": evil}) + torch_zip_bytes(TENSORS),
    "before a zip": lambda evil: evil + torch_zip_bytes(TENSORS),
}
