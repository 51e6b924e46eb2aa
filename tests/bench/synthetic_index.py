"""Makes an index of any size without the files behind it, for measuring the window alone.

`python tests/bench/synthetic_index.py FOLDER --models 100000`; FOLDER is then a data folder for `--data-dir`.
"""

import argparse
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from model_manager.core.library.entry import Root
from model_manager.core.library.index import FolderRow, Index, KnownRow, ModelRow
from model_manager.core.library.order import fold, natural_key
from model_manager.core.library.rows import Row, stem_of

WORDS = "amber field ink wash studio light river stone quiet harbor velvet maple north cedar flint wren reed paper".split()
KINDS = ("checkpoints", "loras", "loras", "loras", "loras", "vae", "controlnet", "diffusion_models", "embeddings", "upscale_models")
BASES = ("SDXL 1.0", "SD 1.5", "Pony", "Illustrious", "Flux.1 D", "Wan Video 14B t2v", "Qwen", "")
TOP = "/srv/models"
A_FOLDER = 4  # models in each


def make(folder: Path, models: int) -> Path:
    """Write `folder`/index.sqlite with so many models and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "index.sqlite"
    path.unlink(missing_ok=True)
    chance = random.Random(1)
    with Index(path) as index:
        with index.writing():
            index.save_folders(map(_folder, range(1, models // A_FOLDER + 1)))
            rows = [_row(chance, id_, models // A_FOLDER) for id_ in range(1, models + 1)]
            known = [KnownRow(row.id, "{}", "{}", "", row.preview) for row in rows]
            index.save_models((ModelRow(row, 0, f"1:{row.id}", 1, "", None) for row in rows), known)
        index.save_roots({Root(kind, f"{TOP}/{kind}", "ComfyUI"): TOP for kind in dict.fromkeys(KINDS)})
    return path


def _folder(id_: int) -> FolderRow:
    kind = KINDS[id_ % len(KINDS)]
    path = f"{TOP}/{kind}/{WORDS[id_ % len(WORDS)]}/{id_}"
    return FolderRow(id_, path, 1, 1, b"x" * 16, b"x" * 16, "", json.dumps([[kind, f"{TOP}/{kind}", path, False]]))


def _row(chance: random.Random, id_: int, folders: int) -> Row:
    folder = id_ % folders + 1
    words = chance.choices(WORDS, k=6)
    file = f"{words[0]}_{words[1]}-{words[2]}-v{id_ % 13}-{id_}.safetensors"
    title = f"{words[3].title()} {words[4].title()} {id_}" if id_ % 2 else ""
    tags = chance.sample(WORDS, 3) if id_ % 3 else []
    search = fold("\n".join([file, title, *tags, f"{words[5]} trigger", f"author{id_ % 400}"]))
    preview = f"{stem_of(file)}.preview.png" if id_ % 5 else ""
    time_ns = 1_700_000_000_000_000_000 + id_ * 1_000_000_000
    return Row(
        id_, folder, file, title, KINDS[folder % len(KINDS)], chance.choice(BASES), "SDXL", chance.randint(10**6, 10**10), time_ns,
        time_ns / 1e9, 0, "" if id_ % 97 else "truncated", preview, "still" if preview else "", time_ns, 40_000 + id_, "\n".join(tags),
        natural_key(title or stem_of(file)), search,
    )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=int, default=100_000)
    chosen = parser.parse_args()
    print(make(chosen.folder, chosen.models))
