"""How places are called: short, and never two alike."""

import os

import pytest

from model_manager.core.tidy.shown import root_names, short


@pytest.mark.parametrize(
    ("roots", "names"),
    [
        (("/a/ComfyUI/models/loras", "/a/ComfyUI/models/vae"), ("loras", "vae")),
        (("/a/ComfyUI/models/loras", "/b/Portable/models/loras"), ("loras (ComfyUI)", "loras (Portable)")),
        (("/a/ComfyUI/models/loras", "/b/ComfyUI/models/loras"), ("loras (a/ComfyUI)", "loras (b/ComfyUI)")),
        (("/a/ComfyUI/models/loras", "/mnt/big/loras"), ("loras", "loras (big)")),
        (("/a/ComfyUI/models/loras", "/a/ComfyUI/output/loras"), ("loras", "loras (output)")),
        (
            ("/a/A/models/loras", "/a/A/output/loras", "/a/B/models/loras", "/a/B/output/loras"),
            ("loras (A)", "loras (A/output)", "loras (B)", "loras (B/output)"),
        ),
        (("/x/loras", "/x/y/loras", "/x/z/loras"), ("loras (x)", "loras (y)", "loras (z)")),
        (("/models/loras", "/models/models/loras"), ("loras (/models)", "loras (/models/models)")),
        (("/a/loras", "/a/loras"), ("loras", "loras")),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of other systems")
def test_roots_are_told_apart(roots: tuple[str, ...], names: tuple[str, ...]) -> None:
    found = root_names(roots)
    assert tuple(found[path] for path in roots) == names


@pytest.mark.skipif(os.name == "nt", reason="paths of other systems")
def test_places() -> None:
    assert short("/m/loras", "/m/loras/style/ink.ckpt") == "loras / style / ink.ckpt"
    assert short("/m/loras", "/m/loras/ink.ckpt", "loras (m)") == "loras (m) / ink.ckpt"
    assert short("/m/loras", "/elsewhere/ink.ckpt") == "/elsewhere/ink.ckpt" and short("", "/x") == "/x"
