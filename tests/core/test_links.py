"""Links in every spelling, and what only looks like one."""

import random
import string
from dataclasses import replace

import pytest

from model_manager.core.online.links import key_of, page_of, parse_links
from model_manager.core.online.records import CIVITAI, GITHUB, HUGGING_FACE, PLAIN, Link

HOSTS = ("civitai.com", "www.civitai.com", "civitai.red", "civitai.green", "CIVITAI.com")


def one(text: str, origins: tuple[tuple[str, str], ...] = ()) -> Link:
    found = parse_links(text, origins)
    assert len(found) == 1, found
    return replace(found[0], text="")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("scheme", ["https://", "http://", "//", "HTTPS://"])
def test_civitai_pages_on_each_domain(scheme: str, host: str) -> None:
    assert one(f"{scheme}{host}/models/90/glass-fox?modelVersionId=91") == Link("", CIVITAI, model_id=90, version_id=91)


@pytest.mark.parametrize(
    ("text", "model", "version", "file"),
    [
        ("https://civitai.com/models/90", 90, 0, 0),
        ("civitai.com/models/90/", 90, 0, 0),
        ("https://civitai.com/models/90/日本語-ünïcödé?b=1&modelVersionId=91&a=2#gallery", 90, 91, 0),
        ("https://civitai.com/models/90/%E6%97%A5?modelversionid=91", 90, 91, 0),
        ("https://civitai.com/models/90?modelVersionId=91&amp;x=1", 90, 91, 0),
        ("https://civitai.com/model-versions/91", 0, 91, 0),
        ("https://civitai.com/api/download/models/91?type=Model&fileId=92&token=SECRET", 0, 91, 92),
        ("https://civitai.com/api/v1/models/90", 90, 0, 0),
        ("https://civitai.com/api/v1/model-versions/91", 0, 91, 0),
        ("https://civitai.com/api/v1/model-versions/mini/91", 0, 91, 0),
        ("https://civitai.com/login?returnUrl=%2Fmodel-versions%2F91&reason=download-auth", 0, 91, 0),
        ("https://civitai.com/de/models/90", 90, 0, 0),
        ("https://civitai.com/models/90/model-versions/91/wizard", 90, 91, 0),
        ("12345", 12345, 0, 0),
        ("12345@678", 12345, 678, 0),
        ("90", 90, 0, 0),
        ("urn:air:sdxl:lora:civitai:90@91", 90, 91, 0),
        ("URN:AIR:SDXL:LORA:CIVITAI:90@91+92.safetensors", 90, 91, 92),
        ("air:sdxl:lora:civitai:90", 90, 0, 0),
        ("sdxl:lora:civitai:90@91:layer", 90, 91, 0),
        ("civitai:90@91", 90, 91, 0),
        ("<https://civitai.com/models/90>,", 90, 0, 0),
        ("'https://civitai.com/models/90'.", 90, 0, 0),
        ("[Glass fox (XL)](https://civitai.com/models/90)!", 90, 0, 0),
        ("(see https://civitai.com/models/90)", 90, 0, 0),
        ('<a href="https://civitai.com/models/90">fox</a>', 90, 0, 0),
        ("&lt;https://civitai.com/models/90&gt;", 90, 0, 0),
        ("https://civi\u200btai.com/models/90\ufeff", 90, 0, 0),
        ("1. https://civitai.com/models/90", 90, 0, 0),
        ("- Link:https://civitai.com/models/90", 90, 0, 0),
        ("模型https://civitai.com/models/90看看", 90, 0, 0),
        ("https://civitai.com/models/90?modelVersionId=91?utm=x", 90, 91, 0),
        ("<https://civitai.com/models/90|Glass fox>", 90, 0, 0),
        ('curl -L -H "Accept: x" https://civitai.com/api/download/models/91 -o fox.safetensors', 0, 91, 0),
        ("comfy-models://download?link=https%3A%2F%2Fcivitai.com%2Fmodels%2F90%3FmodelVersionId%3D91", 90, 91, 0),
        ("comfy-models://civitai.com/models/90", 90, 0, 0),
    ],
)
def test_civitai(text: str, model: int, version: int, file: int) -> None:
    assert one(text) == Link("", CIVITAI, model_id=model, version_id=version, file_id=file)


@pytest.mark.parametrize(
    "text",
    [
        "https://civitai.com/images/77",
        "https://civitai.red/images/77?period=AllTime",
        "https://civitai.com/api/v1/images?imageId=77",
        "https://image.civitai.com/xG1/0d0c/original=true/77.jpeg",
    ],
)
def test_pictures(text: str) -> None:
    assert one(text) == Link("", CIVITAI, image_id=77)


@pytest.mark.parametrize(
    ("text", "repo", "revision", "path", "is_folder"),
    [
        ("https://huggingface.co/own/na.me", "own/na.me", "", "", True),
        ("https://hf.co/own/name/", "own/name", "", "", True),
        ("https://huggingface.co/own/name/tree/main", "own/name", "main", "", True),
        (r"https://huggingface.co/own/a\_b", "own/a_b", "", "", True),
        ("git clone https://huggingface.co/own/name", "own/name", "", "", True),
        ("https://huggingface.co/own/name/tree/main/vae/", "own/name", "main", "vae", True),
        ("https://huggingface.co/own/name/blob/main/a%20b/x.safetensors", "own/name", "main", "a b/x.safetensors", False),
        ("https://huggingface.co/own/name/resolve/main/x.safetensors?download=true", "own/name", "main", "x.safetensors", False),
        ("https://huggingface.co/own/name/raw/0123abcd/x.gguf", "own/name", "0123abcd", "x.gguf", False),
        ("https://huggingface.co/own/name/resolve/refs%2Fpr%2F1/x.bin", "own/name", "refs/pr/1", "x.bin", False),
        ("https://huggingface.co/own/name/resolve/refs/pr/1/x.bin", "own/name", "refs/pr/1", "x.bin", False),
        ("https://huggingface.co/own/name/tree/main?show_file_info=x.safetensors", "own/name", "main", "x.safetensors", False),
        ("https://huggingface.co/own/name/discussions/3", "own/name", "", "", True),
        ("https://huggingface.co/own/name/commit/0123abcd", "own/name", "0123abcd", "", True),
        ("https://huggingface.co/datasets/own/name/resolve/main/x.pth", "datasets/own/name", "main", "x.pth", False),
        ("https://huggingface.co/spaces/own/name", "spaces/own/name", "", "", True),
        ("https://huggingface.co/gpt2", "gpt2", "", "", True),
        ("https://huggingface.co/gpt2/resolve/main/model.safetensors", "gpt2", "main", "model.safetensors", False),
        ("https://huggingface.co/api/models/own/name/tree/main/vae", "own/name", "main", "vae", True),
        ("https://huggingface.co/api/models/own/name/revision/v1", "own/name", "v1", "", True),
        ("https://huggingface.co/api/resolve-cache/models/own/name/0123/a%2Fx.bin", "own/name", "0123", "a/x.bin", False),
        ("own/name", "own/name", "", "", True),
        ("own/name/sub/x.safetensors", "own/name", "", "sub/x.safetensors", False),
        ("hf:own/name/x.gguf", "own/name", "", "x.gguf", False),
        ("hf://datasets/own/name@v1/x.pth", "datasets/own/name", "v1", "x.pth", False),
        ("urn:air:flux1:checkpoint:huggingface:own/FLUX.1-dev@main.safetensors", "own/FLUX.1-dev", "main", "", True),
        ("air:flux1:lora:huggingface:own/name", "own/name", "", "", True),
    ],
)
def test_hugging_face(text: str, repo: str, revision: str, path: str, is_folder: bool) -> None:
    assert one(text) == Link("", HUGGING_FACE, repo=repo, revision=revision, path=path, is_folder=is_folder)


@pytest.mark.parametrize(
    ("text", "revision", "path", "url"),
    [
        ("https://github.com/own/name/releases/tag/v1.0", "v1.0", "", "https://github.com/own/name/releases/tag/v1.0"),
        ("https://github.com/own/name/releases/latest", "", "", "https://github.com/own/name/releases/latest"),
        ("https://github.com/own/name", "", "", "https://github.com/own/name/releases/latest"),
        ("github.com/own/name.git", "", "", "https://github.com/own/name/releases/latest"),
        ("https://github.com/own/name/releases/download/v1/x.pth", "v1", "x.pth", "https://github.com/own/name/releases/download/v1/x.pth"),
        ("https://github.com/own/name/blob/main/a/x.pth?raw=true", "main", "a/x.pth", "https://github.com/own/name/raw/main/a/x.pth"),
        ("https://raw.githubusercontent.com/own/name/main/x.pth", "main", "x.pth", "https://github.com/own/name/raw/main/x.pth"),
    ],
)
def test_github(text: str, revision: str, path: str, url: str) -> None:
    assert one(text) == Link("", GITHUB, repo="own/name", revision=revision, path=path, is_folder=not path, url=url)


def test_plain_addresses_are_kept_as_they_are() -> None:
    url = "https://example.org/files/my%20model.safetensors?token=abc&x=1"
    assert one(f"{url}#part") == Link("", PLAIN, path="my model.safetensors", url=url)


@pytest.mark.parametrize(
    "text",
    """https://civitai.com/posts/5 https://civitai.com/user/me https://civitai.com/models https://civitai.com/models/abc civitai.com
    https://civitai.com/models/0 https://civitai.com/images/x https://huggingface.co/models https://huggingface.co/docs/hub
    https://huggingface.co/own/name/blob/main/../../x https://huggingface.co https://github.com/own https://github.com/own/name/issues/5
    https://example.org https://example.org/page.html magnet:?xt=urn:btih:0123 ftp://example.org/x.safetensors file:///x.safetensors
    C:\\models\\x.safetensors \\\\server\\x javascript:alert(1) data:text/plain,x mailto:a@b.c ed2k://|file|x https://me:secret@example.org/x.bin
    https://[::1/x https://example.org:99999/x urn:air:sdxl:lora:orchestrator:5 urn:air:sdxl:lora:civitai:x hf:gpt2 loras/x.safetensors
    models/style 10/12 0 foo ../../etc/passwd https://civitai.com/models/99999999999999999999 comfy-models:// htp://x.y/z""".split(),
)
def test_what_cannot_be_used_says_so_and_hurts_nothing_else(text: str) -> None:
    found = parse_links(f"{text}\nhttps://civitai.com/models/90")
    assert [bool(link.problem) for link in found] == [True, False]
    assert found[0].problem.endswith(".") and page_of(found[0]) == ""


def test_several_in_a_line() -> None:
    text = "https://civitai.com/models/90,https://hf.co/own/name; 12345\thttps://example.org/a,b.pth\n\n5,6 ,7@8"
    keys = [key_of(link) for link in parse_links(text)]
    assert keys[:4] == ["civitai:model:90", "huggingface:own/name@:/", "civitai:model:12345", "plain:https://example.org/a%2Cb.pth"]
    assert keys[4:] == ["civitai:model:5", "civitai:model:6", "civitai:version:8"]


def test_prose_around_links_is_no_link() -> None:
    text = "These 3 models and/or those 2,000:\n2. try https://civitai.com/models/90 or 1234 others, v1/v2\nnothing here\n12345, foo"
    found = [(link.text, link.problem == "") for link in parse_links(text)]
    assert found == [
        ("These 3 models and/or those 2 000", False),
        ("https://civitai.com/models/90", True),
        ("nothing here", False),
        ("12345", True),
        ("foo", False),
    ]


def test_pages_of_configured_mirrors_are_the_sites() -> None:
    origins = ((CIVITAI, "http://127.0.0.1:8188/civ"), (HUGGING_FACE, "https://mirror.example"), (HUGGING_FACE, ""))
    assert one("http://127.0.0.1:8188/civ/models/90?modelVersionId=91", origins) == Link("", CIVITAI, model_id=90, version_id=91)
    assert one("https://mirror.example/own/name/resolve/main/x.bin", origins).repo == "own/name"
    assert one("http://127.0.0.1:8188/models/90", origins).site == PLAIN
    assert one("https://mirror.example/a/b/c/x.bin", origins).site == PLAIN


@pytest.mark.parametrize(
    "spellings",
    [
        ("https://civitai.com/models/90?modelVersionId=91", "civitai.red/model-versions/91", "urn:air:sdxl:lora:civitai:90@91", "90@91"),
        ("https://civitai.com/models/90/slug", "https://www.civitai.green/models/90?x=1#y", "90", "civitai:90"),
        ("https://civitai.com/api/download/models/91?fileId=92", "air:sd1:lora:civitai:90@91+92.pt"),
        ("https://huggingface.co/Own/Name", "hf.co/own/name/tree/main", "hf:own/name", "own/name"),
        ("https://huggingface.co/own/name/blob/main/a%20b.bin", "https://hf.co/own/name/resolve/main/a%20b.bin?download=true"),
        ("https://github.com/own/name/blob/main/x.pth", "https://raw.githubusercontent.com/own/name/main/x.pth"),
        ("https://example.org:443/a%62.bin#x", "https://EXAMPLE.org/ab.bin"),
    ],
)
def test_one_thing_has_one_key(spellings: tuple[str, ...]) -> None:
    assert len({key_of(one(text)) for text in spellings}) == 1


def test_page_is_a_link_to_the_same() -> None:
    for text in (
        "urn:air:sd1:lora:civitai:900030@9000301+9100321",
        "comfy-models:https://civitai.com/api/download/models/91?fileId=92",
        "https://civitai.com/models/90?fileId=92",
        "https://civitai.com/models/90?modelVersionId=91",
        "https://civitai.com/model-versions/91",
        "https://civitai.com/images/77",
        "https://huggingface.co/own/name/resolve/refs%2Fpr%2F1/a b.bin".replace(" ", "%20"),
        "https://huggingface.co/datasets/own/name/tree/v1/vae",
        "https://github.com/own/name/releases/download/v1/x.pth",
        "https://example.org/x.bin",
    ):
        assert key_of(one(page_of(one(text)))) == key_of(one(text))


def test_keys_pasted_along_go_nowhere() -> None:
    for text in ("civitai.com/api/download/models/91?token=SECRET&fileId=92", "https://hf.co/own/name/resolve/main/x?token=SECRET"):
        link = parse_links(text)[0]
        assert not link.problem and "SECRET" not in repr(link) + key_of(link) + page_of(link)
    assert parse_links("https://civitai.com/models/90?a=1&token=SECRET")[0].text == "https://civitai.com/models/90?a=1"


def test_ten_thousand_lines_and_hostile_repetition() -> None:
    lines = [f"{number}. see https://civitai.com/models/{number + 1}?modelVersionId=2, ok" for number in range(10_000)]
    assert len(parse_links("\n".join(lines))) == 10_000
    for part in ("[", "](", "a.", "a:", "(", "civitai:", "&amp;", "https://", "%", "@", ",;", "[x](", "1@", "-", "a/", "\\"):
        parse_links(part * 30_000)
        parse_links("https://civitai.com/" + part * 1_900)
    assert parse_links("https://example.org/" + "x" * 5_000)[0].problem


def test_no_text_raises() -> None:
    chance = random.Random(4)
    seeds = ["https://civitai.com/models/90?modelVersionId=91", "urn:air:sdxl:lora:civitai:90@91", "https://hf.co/own/name/tree/main/x"]
    letters = string.printable + "日é\u200b\ud800\u2028%[]()@:?#&=;"
    for _ in range(4_000):
        text = list(chance.choice(seeds))
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 3)] = chance.choices(letters, k=chance.randint(0, 3))
            text = text or ["x"]
        for link in parse_links("".join(text), ((CIVITAI, "http://[::1"), (HUGGING_FACE, "http://127.0.0.1"))):
            key_of(link)
            assert page_of(link) == "" if link.problem else link.site


def test_a_link_that_cannot_be_used_is_shown_without_its_password() -> None:
    for text in ("https://me:hush@huggingface.co/o/r/resolve/main/x.safetensors?token=hush", "ftp://me:hush@files.example/x.safetensors"):
        (link,) = parse_links(text)
        assert link.problem and "hush" not in link.text + link.problem
