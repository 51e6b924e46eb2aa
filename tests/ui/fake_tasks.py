"""Tasks in every state, for tests and pictures. As a program: writes a picture of the page.

python tests/ui/fake_tasks.py PICTURE.png [dark|light] [WIDTHxHEIGHT] [COUNT]
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from model_manager.core.tasks.states import (
    ADD_KEY,
    CANCELLED,
    DETAILS,
    DONE,
    DOWNLOAD,
    FAILED,
    FREE_SPACE,
    HASH,
    PAUSED,
    QUEUED,
    RUNNING,
    VERIFYING,
    WAITING,
    Task,
)

GB = 1_000_000_000


def every_state(now: float) -> list[Task]:
    """Eleven tasks as a person may have them, ids from 1."""
    tasks = [
        Task(0, DOWNLOAD, "", "wan2.2_i2v_low_noise_14B_fp8.safetensors", "Civitai → diffusion_models/wan", RUNNING,
             done=int(8.9 * GB), total=int(14.3 * GB), speed=41e6),
        Task(0, DETAILS, "", "Fetch details and previews", "212 models without preview", RUNNING, done=72, total=212, unit="models",
             note="3 not on Civitai"),
        Task(0, DOWNLOAD, "", "t5xxl_fp16.safetensors", "Hugging Face → text_encoders", VERIFYING, done=int(9.8 * GB), total=int(9.8 * GB)),
        Task(0, DOWNLOAD, "", "illustrious-v2.safetensors", "Civitai → checkpoints", WAITING, done=int(1.2 * GB), total=int(6.5 * GB),
             reason="Connection lost at 1.2 of 6.5 GB", code="dropped", tries=1, due=now + 12),
        Task(0, DOWNLOAD, "", "flux1-dev.safetensors", "Hugging Face → diffusion_models", WAITING, done=2 * GB, total=int(23.8 * GB),
             reason="The drive D: has 3.1 GB too little room", code="no_room", fix=FREE_SPACE),
        Task(0, DOWNLOAD, "", "qwen_image_edit_2509_fp8.safetensors", "Civitai → diffusion_models", QUEUED, total=int(20.4 * GB)),
        Task(0, HASH, "", "Hash 3,012 models", "ComfyUI/models", PAUSED, done=int(812 * GB), total=int(4_100 * GB)),
        Task(0, DOWNLOAD, "", "private-style-lora.safetensors", "Civitai → loras", FAILED, reason="This file needs a Civitai API key",
             code="needs_key", fix=ADD_KEY),
        Task(0, DOWNLOAD, "", "old-model.ckpt", "Civitai → checkpoints/sd15", FAILED, done=int(2.1 * GB), total=int(2.1 * GB),
             reason="What came is not the file that was promised: its SHA-256 differs", code="wrong_hash", fix="retry"),
        Task(0, DOWNLOAD, "", "ink-wash-v3.safetensors", "Civitai → loras/style", DONE, done=228_000_000, total=228_000_000,
             note="hash verified · preview saved", path="/models/loras/style/ink-wash-v3.safetensors"),
        Task(0, DOWNLOAD, "", "detail-tweaker-xl.safetensors", "Civitai → loras", CANCELLED, total=43_000_000),
    ]  # fmt: skip
    return [replace(task, id=number, key=str(number), place=float(number), changed=now - number) for number, task in enumerate(tasks, 1)]


def many(count: int, now: float) -> list[Task]:
    """Any number of tasks: the above, and queued ones after them."""
    made = every_state(now)
    rest = (Task(number, DOWNLOAD, str(number), f"model {number}.safetensors", "Civitai → loras", place=number, total=GB) for number in
            range(len(made) + 1, count + 1))  # fmt: skip
    return [*made[:count], *rest]


def picture_of(place: Path, theme: str, size: tuple[int, int], count: int) -> None:
    """Write a picture of the page."""
    from PySide6.QtWidgets import QApplication

    from model_manager.bridge.task_model import TaskModel
    from model_manager.ui.tasks.page import TasksPage
    from model_manager.ui.theme import set_theme

    app = QApplication([])
    set_theme(theme, app)
    model = TaskModel()
    model.change(many(count, time.time()))
    page = TasksPage(model, lambda path: None)
    page.show_speed("41 MB/s")
    page.show_free("1.2 TB free on D:")
    page.resize(*size)
    page.show()
    page.view.setFocus()
    page.view.select(8)
    app.processEvents()
    page.grab().save(str(place))


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    chosen = dict(enumerate(sys.argv))
    wide, _, high = chosen.get(3, "1440x900").partition("x")
    picture_of(Path(chosen[1]), chosen.get(2, "dark"), (int(wide), int(high)), int(chosen.get(4, "11")))
