"""extra_model_paths.yaml: every rule of ComfyUI's parser, the flat form, and hostile files.

The rows of `COMFYUI_ROWS` were checked by running ComfyUI's own parser (Comfy-Org/ComfyUI:utils/extra_config.py).
"""

import os
from pathlib import Path

import pytest

from model_manager.core.errors import BadConfig
from model_manager.core.library import extra_paths
from model_manager.core.library.extra_paths import ExtraPaths

COMFYUI_ROWS = {
    "home in base_path": (
        "base_path: ~/sd\nis_default: true\ncheckpoints: models/Stable-diffusion",
        [("checkpoints", "/home/u/sd/models/Stable-diffusion", True)],
    ),
    "block string": (
        "base_path: ~/sd\nis_default: true\nloras: |\n  models/Lora\n  models/LyCORIS",
        [("loras", "/home/u/sd/models/Lora", True), ("loras", "/home/u/sd/models/LyCORIS", True)],
    ),
    "absolute line wins": ("base_path: ~/sd\nis_default: true\nvae: /abs/vae", [("vae", "/abs/vae", True)]),
    "variable and legacy names": (
        "base_path: $MODELROOT/sub\nclip: te\nunet: u",
        [("text_encoders", "/mnt/m/sub/te", False), ("diffusion_models", "/mnt/m/sub/u", False)],
    ),
    "no home in a line": ("base_path: $MODELROOT/sub\ncheckpoints: ~/c", [("checkpoints", "/mnt/m/sub/~/c", False)]),
    "base_path relative to the file": ("base_path: ../rel\ncheckpoints: c/", [("checkpoints", "/rel/c", False)]),
    "no base_path": (
        "checkpoints: rel/c\nloras: ~/l\nvae: $MODELROOT/v",
        [("checkpoints", "/cfg/rel/c", False), ("loras", "/cfg/~/l", False), ("vae", "/cfg/$MODELROOT/v", False)],
    ),
    "a quoted false is true": ('is_default: "false"\nloras: /l', [("loras", "/l", True)]),
    "an empty quoted one is not": ("is_default: ''\nloras: /l", [("loras", "/l", False)]),
    "no is false": ("is_default: no\nloras: /l", [("loras", "/l", False)]),
    "unknown category": ("base_path: /b\nmystery: m", [("mystery", "/b/m", False)]),
    "folded scalar is one path": (
        "base_path: /b\nloras: >\n  l1\n  l2",
        [
            ("loras", "/b/l1 l2", False),
        ],
    ),
    "plain scalar over two lines": ("base_path: /b\nloras: l1\n  l2", [("loras", "/b/l1 l2", False)]),
    "nothing is trimmed in a block": (
        "base_path: /b\nloras: |\n  l1\n  # l2\n    l3",
        [("loras", "/b/l1", False), ("loras", "/b/# l2", False), ("loras", "/b/  l3", False)],
    ),
    "empty lines are dropped": ("base_path: /b\nloras: |\n\n  l1\n\n  l2\n", [("loras", "/b/l1", False), ("loras", "/b/l2", False)]),
    "trailing space stays": ('base_path: /b\nloras: "l "', [("loras", "/b/l ", False)]),
    "dots and doubled separators fold": ("base_path: /b/\nloras: x/..//y/", [("loras", "/b/y", False)]),
    "default folder again": (
        "base_path: /B\nis_default: true\ndiffusion_models: models/diffusion_models",
        [("diffusion_models", "/B/models/diffusion_models", True)],
    ),
    "empty base_path is the file's folder": ("base_path: ''\nloras: l", [("loras", "/cfg/l", False)]),
    "undefined variable stays": ("base_path: /b/$NO_SUCH_THING\nloras: l", [("loras", "/b/$NO_SUCH_THING/l", False)]),
    "the last of two equal keys": ("base_path: /b\nloras: one\nvae: v\nloras: two", [("loras", "/b/two", False), ("vae", "/b/v", False)]),
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/u")
    monkeypatch.setenv("MODELROOT", "/mnt/m")


def parse(text: str) -> ExtraPaths:
    """Parse a text as the file /cfg/extra_model_paths.yaml on Linux."""
    return extra_paths.parse(text, "/cfg/extra_model_paths.yaml", "linux")


def section(body: str) -> str:
    """Return a file with one section."""
    return "a111:\n" + "\n".join("  " + line if line else "" for line in body.split("\n")) + "\n"


@pytest.mark.parametrize("row", COMFYUI_ROWS)
def test_rows_as_comfyui_reads_them(row: str) -> None:
    body, expected = COMFYUI_ROWS[row]
    found = parse(section(body))
    assert [(extra.kind, extra.path, extra.is_default) for extra in found.paths] == expected
    assert found.problems == ()
    assert all(extra.is_seen and extra.section == "a111" for extra in found.paths)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("base_path: /b\nloras: [l1, l2]\nvae: v", ["/b/l1", "/b/l2", "/b/v"]),
        ("base_path: /b\nloras: 3\nvae: v", ["/b/v"]),
        ("base_path: /b\nloras:\nvae: v", ["/b/v"]),
        ("base_path: /b\nloras: {a: b}\nvae: v", ["/b/v"]),
        ("base_path: /b\nloras: !!python/object:os.system x\nvae: v", ["/b/v"]),
        ("base_path: /b\nloras: 2020-99-99\nvae: v", ["/b/v"]),
        ("base_path: /b\nno: l\nvae: v", ["/b/v"]),
        ("base_path: /b\n? [a]\n: l\nvae: v", ["/b/v"]),
        ('base_path: /b\nloras: "a\\0b"\nvae: v', ["/b/v"]),
        ('base_path: /b\nloras: "\\ud800"\nvae: v', ["/b/v"]),
        ("base_path:\nvae: v", ["/cfg/v"]),
        ("base_path: 3\nvae: v", []),
        ("base_path: /b\n<<: 3\nvae: v", []),
    ],
)
def test_a_bad_entry_is_told_and_stops_nothing(body: str, kept: list[str]) -> None:
    found = parse(section(body) + "other:\n  loras: /fine\n")
    assert [extra.path for extra in found.paths] == [*kept, "/fine"]
    assert len(found.problems) == 1
    assert 2 <= found.problems[0].line <= 5


def test_list_in_a_section_is_used_but_not_seen_by_comfyui() -> None:
    found = parse(section("base_path: /b\nloras: [l]\nvae: v"))
    assert [(extra.path, extra.is_seen) for extra in found.paths] == [("/b/l", False), ("/b/v", True)]


def test_sections_keep_their_order_and_null_ones_are_skipped() -> None:
    found = parse("one:\n  loras: /1\nnothing:\n2:\n  loras: /2\nyes:\n  loras: /3\n")
    assert [(extra.section, extra.path) for extra in found.paths] == [("one", "/1"), ("2", "/2"), ("True", "/3")]
    assert found.problems == ()


def test_anchors_and_merges_as_any_loader() -> None:
    found = parse("a: &base\n  base_path: /b\n  loras: l\nb:\n  <<: *base\n  loras: m\n  vae: v\n")
    assert [extra.path for extra in found.paths] == ["/b/l", "/b/m", "/b/v"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_is_told(text: str) -> None:
    found = parse(text)
    assert found.paths == ()
    assert "empty" in found.problems[0].text


def test_flat_form() -> None:
    found = parse("loras: /l\nunet:\n  - /u1\n  - ~/u2\n  - $MODELROOT/u3\nvae: |\n  /v1\n  /v2/\n")
    assert [(extra.kind, extra.path) for extra in found.paths] == [
        ("loras", "/l"),
        ("diffusion_models", "/u1"),
        ("diffusion_models", "/home/u/u2"),
        ("diffusion_models", "/mnt/m/u3"),
        ("vae", "/v1"),
        ("vae", "/v2"),
    ]
    assert not any(extra.is_seen or extra.section for extra in found.paths)
    assert [problem.line for problem in found.problems] == [1, 3, 6]


def test_flat_form_leaves_bad_lines_out() -> None:
    found = parse("loras:\n  - relative/l\n  - 3\n  - /fine\nbase_path: /b\nis_default: true\nvae: 7\n")
    assert [extra.path for extra in found.paths] == ["/fine"]
    assert [problem.line for problem in found.problems] == [2, 2, 3, 5, 6, 7, 7]


def test_both_forms_in_one_file() -> None:
    found = parse("loras: /flat\na111:\n  base_path: /b\n  loras: l\n")
    assert [(extra.path, extra.is_seen) for extra in found.paths] == [("/flat", False), ("/b/l", True)]


def test_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERPROFILE", "C:\\Users\\u")
    text = "a:\n  base_path: '%USERPROFILE%/sd'\n  loras: models/Lora\n  vae: D:/vae/\nb:\n  base_path: ~/x\n  loras: l\nc:\n  loras: r/l\n"
    found = extra_paths.parse(text, "C:\\cfg\\extra_model_paths.yaml", "win32")
    assert [extra.path for extra in found.paths] == ["C:\\Users\\u\\sd\\models\\Lora", "D:\\vae", "C:\\Users\\u\\x\\l", "C:\\cfg\\r\\l"]


def test_percent_is_a_plain_character_elsewhere() -> None:
    assert parse("a:\n  base_path: '/%HOME%'\n  loras: l\n").paths[0].path == "/%HOME%/l"


def bomb() -> str:
    """Return a small text that grows to 10 ** 9 words."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines)


def merge_bomb() -> str:
    """Return mappings that merge ten of the one before."""
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 9)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b",
        "just words",
        "a: [",
        "a: b: c",
        "a:\n\tb: c",
        "a: *nowhere",
        "a: 1\n---\nb: 2",
        "a: &a [*a]",
        "[" * 5000,
        'a: "\\U00110000"',
        'a: "\\UFFFFFFFF"',
        "a: \x07",
        bomb(),
        merge_bomb(),
        "%YAML 9.0\n--- a",
    ],
)
def test_unusable_texts_are_refused(text: str) -> None:
    with pytest.raises(BadConfig) as caught:
        parse(text)
    assert "/cfg/extra_model_paths.yaml" in caught.value.text


def test_a_broken_line_is_named() -> None:
    with pytest.raises(BadConfig, match="line 3"):
        parse("a:\n  loras: x\n  vae: ]\n")


def test_read_takes_relative_lines_from_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.yaml").write_bytes("\ufeffa:\r\n  loras: |\r\n    l1\r\n    é\r\n".encode())
    monkeypatch.chdir(tmp_path)
    found = extra_paths.read("x.yaml")
    assert found.file == str(tmp_path / "x.yaml")
    assert [extra.path for extra in found.paths] == [str(tmp_path / "l1"), str(tmp_path / "é")]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("a:\n  loras: é\n".encode("latin-1"))
    (tmp_path / "huge.yaml").write_bytes(b"#" * (extra_paths.LARGEST_FILE + 1))
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    for name, words in (
        ("latin.yaml", "UTF-8"),
        ("huge.yaml", "too large"),
        ("loop.yaml", "circle"),
        ("pipe.yaml", "not a file"),
        ("", "not a file"),
        ("missing.yaml", "not there"),
        ("no\0name.yaml", "file name"),
    ):
        with pytest.raises(BadConfig, match=words):
            extra_paths.read(f"{tmp_path}/{name}")
