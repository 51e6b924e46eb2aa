"""An honest double of Civitai, Hugging Face, GitHub and their storage on the loopback, with every fault that the way to them has.

    with Double() as double:                                  # ports of its own, closed at the end, no thread left
        environ = double.environ                              # {"CIVITAI_ENDPOINT": ..., "HF_ENDPOINT": ..., "GITHUB_ENDPOINT": ...}
        double.civitai, double.huggingface, double.github     # origins "http://127.0.0.1:PORT"; double.url is the first
        double.storage                                        # where downloads are redirected to, and where pictures are
        double.plain("a/b.safetensors", data) -> url          # a plain file at the storage host (Range, ETag)

What is there (ids: tests.double.FOX ..., cases.NEEDS_KEY ...; Double(has_library=True) adds the models of the demo library with their
bytes and ids, has_many=True 240 more for lists):
    FOX 900030: the sample of the fact sheet. Version 9000302 has test file B, 9000301 test file A, a pickle marked Danger and a VAE,
        9000303 is early access; pictures of three levels and a video
    cases.NEEDS_KEY, EARLY, BOUGHT, DISABLED, ARCHIVED, PRIVATE, FRESH (not scanned, all null), PICKLE, SEVERAL (two precisions, VAE,
        training data, GGUF, a draft, an old version), TAKEN_DOWN, EMPTY: a model's id; its version is id + 1, its file id + 2
    cases.REPO, GATED_REPO, PRIVATE_REPO at Hugging Face, cases.RELEASE_REPO at GitHub
    double.key, double.token: valid ones (put them where the program looks); "hf_plain" is a token without a grant for the gated one
More of your own:
    model = double.add_big("slow fox", megabytes=50)          # a LoRA of any size, computed while it is sent; returns the SiteModel
    double.add_model(data, "name.safetensors", kind="LORA")   # any bytes as a model of its own
    double.site.add(SiteModel(...)); double.file(9100302).facts["size_kb"] = 1.0   # everything is a plain object: change it
    double.download_url(model) -> ".../api/download/models/{version}?fileId={file}"; double.page(model) -> a civitai.com page link
    double.site.lifetime = 0.5; .uses = 1                     # signed addresses expire: by time, or after so many uses
    double.site.bytes_a_second = 200_000; .hub_page = 2; .has_bad_hosts = False

Faults, from tests.double.faults, each with on="regex in 'ROLE METHOD TARGET'", count=, skip= (ROLE: civitai huggingface github storage):
    Double(faults=[cut(300_000), busy("1", on="civitai GET /api/download", count=3)]) or double.faults.append(...), .clear()
    cut cut_at_random dropped slow stall | ignore_range wrong_range no_content_range wrong_total changed_etag ignore_if_range no_etag
    weak_etag | expired busy hub_busy unusual server_error missing html_page json_body redirect_loop redirect_to answers |
    flipped lying_length chunked until_close truncated wrong_size_kb json_changed

What came: double.log is a list of Seen(role, method, path, query, headers (lower case), body, target, status, sent, key, start, faults)
    double.seen("POST .*by-hash$") -> [Seen]; len() counts calls; double.leaks() -> requests with a key where none belongs
    double.sent("fox") -> bytes of bodies; double.twice("fox") -> bytes of files sent more than once; double.forget() empties the log

By hand: python -m tests.double [--library] [--many] [--big MB] [--faults "cut(300000)" ...] prints the environment and serves until Enter;
`Outside(...)` runs that as a process of its own, for benchmarks (the double then takes none of your interpreter).
"""

import contextlib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from urllib.parse import quote

from model_manager.core.demo import site_cases as cases
from model_manager.core.demo.site_content import Content, Noise, Whole
from model_manager.core.demo.site_offers import demo_site
from model_manager.core.demo.site_records import CIVITAI, GITHUB, HUB, ROLES, STORAGE, Request, Site, SiteFile, SiteModel, SiteVersion
from model_manager.core.formats.write import safetensors_bytes
from tests.double.faults import Fault
from tests.double.fox import FOX, fox
from tests.double.hosts import DoubleHost, Seen

__all__ = ["FOX", "Double", "Outside", "Seen", "cases"]
_FIRST_ADDED = 1_700_000_000


class Double:
    """The four hosts. Made and closed by `with`."""

    def __init__(self, faults: Iterable[Fault] = (), has_library: bool = False, has_many: bool = False, is_small: bool = True) -> None:
        self.site = demo_site(is_small, has_many) if has_library else Site()
        self.site.add(*cases.cases(), *cases.hub_repos(), *cases.releases(), fox())
        self.key, self.token = "civitai-key-0123456789abcdef", "hf_0123456789abcdef"
        self.site.keys = {self.key: "sample_reader"}
        self.site.tokens = {self.token: "reader-granted", "hf_plain": "reader"}
        self.faults, self.log, self.closing = list(faults), [], threading.Event()  # type: tuple[list[Fault], list[Seen], threading.Event]
        self._hosts: dict[str, DoubleHost] = {}
        self._next = _FIRST_ADDED

    def __enter__(self) -> "Double":
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def open(self, port: int = 0) -> None:
        """Start to serve, the first host at `port` and the others after it (0: anywhere)."""
        for place, role in enumerate(ROLES):
            self._hosts[role] = DoubleHost(self, role, port and port + place)
            self.site.origins[role] = self._hosts[role].origin

    def close(self) -> None:
        """End all connections."""
        self.closing.set()
        for host in self._hosts.values():
            host.close()

    @property
    def civitai(self) -> str:
        return self.site.origins[CIVITAI]

    url = civitai

    @property
    def huggingface(self) -> str:
        return self.site.origins[HUB]

    @property
    def github(self) -> str:
        return self.site.origins[GITHUB]

    @property
    def storage(self) -> str:
        return self.site.origins[STORAGE]

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead the program here."""
        return {"CIVITAI_ENDPOINT": self.civitai, "HF_ENDPOINT": self.huggingface, "GITHUB_ENDPOINT": self.github}

    # what is offered

    def add_model(
        self, data: bytes | Content, name: str, kind: str = "LORA", file_type: str = "Model", base: str = "SDXL 1.0"
    ) -> SiteModel:
        """Offer bytes as a model of its own."""
        number, self._next = self._next, self._next + 100
        content = Whole(f"added/{number}/{name}", data) if isinstance(data, bytes) else data
        version = SiteVersion(number + 1, "v1.0", base, [SiteFile(number + 2, name, content, file_type)])
        model = SiteModel(number, name.rpartition(".")[0], kind, [version])
        self.site.add(model)
        return model

    def add_big(self, name: str, megabytes: float) -> SiteModel:
        """Offer a LoRA of about that size (MiB), computed while it is sent."""
        return self.add_model(big_lora(name, round(megabytes * 1_048_576)), f"{name}.safetensors")

    def plain(self, path: str, data: bytes | Content) -> str:
        """Offer bytes at a plain address of the storage host; returns it."""
        self.site.plain[path] = Whole(f"plain/{path}", data) if isinstance(data, bytes) else data
        return f"{self.storage}/plain/{quote(path)}"

    def file(self, number: int) -> SiteFile:
        """Return the file of Civitai with that id."""
        return next(file for file in self.site.files() if file.id == number)

    def download_url(self, model: SiteModel, place: int = 0) -> str:
        """Return the address of the file of a model's newest version at that place."""
        version = model.shown[0]
        return f"{self.civitai}/api/download/models/{version.id}?fileId={version.files[place].id}"

    def page(self, model: SiteModel) -> str:
        """Return the page of a model's newest version, as a person would paste it."""
        return f"https://civitai.com/models/{model.id}/some-slug?modelVersionId={model.shown[0].id}"

    # what happens and what happened

    def faults_for(self, request: Request) -> list[Fault]:
        """Return the faults that strike a request."""
        return [fault for fault in list(self.faults) if fault.meets(request)]

    def seen(self, pattern: str = "") -> list[Seen]:
        """Return the requests in whose "ROLE METHOD TARGET" the pattern is found."""
        return [seen for seen in list(self.log) if re.search(pattern, str(seen))]

    def sent(self, pattern: str = "") -> int:
        """Return how many bytes of bodies were sent."""
        return sum(seen.sent for seen in self.seen(pattern))

    def twice(self, pattern: str = "") -> int:
        """Return how many bytes of files were sent that had been sent before. What a cut connection lost on the way counts as sent."""
        spans: dict[str, list[tuple[int, int]]] = {}
        for seen in self.seen(pattern):
            if seen.key and seen.sent:
                spans.setdefault(seen.key, []).append((seen.start, seen.start + seen.sent))
        return sum(stop - start for found in spans.values() for start, stop in found) - sum(map(_covered, spans.values()))

    def leaks(self) -> list[Seen]:
        """Return requests with a key at a host that must not have it: any at storage, one site's at another's."""
        keys = {CIVITAI: [self.token, "hf_"], HUB: [self.key], GITHUB: [self.key, self.token], STORAGE: [self.key, self.token, "Bearer"]}
        found = list(self.log)
        return [seen for seen in found if any(key in f"{seen.headers} {seen.target} {seen.body!r}" for key in keys[seen.role])]

    def forget(self) -> None:
        """Empty the log."""
        self.log.clear()


def _covered(spans: list[tuple[int, int]]) -> int:
    total, reached = 0, -1
    for start, stop in sorted(spans):
        total += max(0, stop - max(start, reached))
        reached = max(reached, stop)
    return total


def big_lora(name: str, size: int) -> Noise:
    """Return a valid LoRA of exactly `size` bytes (at least 100 kB), computed while it is read."""
    layer = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    tensors: dict[str, tuple[str, list[int]]] = {
        f"{layer}.lora_down.weight": ("F16", [4, 2048]), f"{layer}.lora_up.weight": ("F16", [640, 4]), "filler": ("U8", [0]),
    }  # fmt: skip
    fixed = (4 * 2048 + 640 * 4) * 2
    for _ in range(3):  # the header's length depends on the size it tells
        head = safetensors_bytes(tensors, {"ss_output_name": name}, lambda name, size: b"")
        tensors["filler"] = ("U8", [size - len(head) - fixed])
    head = safetensors_bytes(tensors, {"ss_output_name": name}, lambda name, size: b"")
    return Noise(f"big/{name}/{size}", size, head)


class Outside:
    """The double as a process of its own: environ holds the variables that lead to it, `urls` the download address of each big file."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.double", "--json", *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.environ: dict[str, str] = told["environ"]
        self.storage: str = told["storage"]
        self.urls: dict[str, str] = told["urls"]

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._process.communicate("\n", timeout=10)

    def __enter__(self) -> "Outside":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def all_faults() -> Iterator[str]:
    """Yield the names of the faults, for the command line."""
    from tests.double import faults

    yield from (name for name, value in vars(faults).items() if callable(value) and name.islower() and not name.startswith("_"))
