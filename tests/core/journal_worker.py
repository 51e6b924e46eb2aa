"""A process that organises a folder of models, for the tests that kill it: `journal_worker.py TOP DATA FAR undo|do`.

TOP/in holds families of three files, which go into folders below TOP/out; of every ninth to FAR, on another drive, and of every fifth a
sidecar is written as well. It says "ready" and begins when a line comes.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from model_manager.core.journal.steps import FOLDER, MOVE, WRITE, Act, Plan, Step
from model_manager.core.tidy import carrying
from model_manager.core.work import Work

ENDINGS = (".safetensors", ".info", ".preview.png")


def organise(top: str, far: str) -> Plan:
    """The plan for what lies in TOP/in."""
    acts = []
    for name in sorted(name for name in os.listdir(f"{top}/in") if name.endswith(ENDINGS[0])):
        stem, number = name.removesuffix(ENDINGS[0]), int(name[1:5])
        folder = f"{far}/{number % 4}" if number % 9 == 0 else f"{top}/out/{number % 7}/deep"
        steps = [Step(FOLDER, target=folder), *(Step(MOVE, f"{top}/in/{stem}{end}", f"{folder}/{stem}{end}") for end in ENDINGS)]
        if number % 5 == 0:
            steps.append(Step(WRITE, target=f"{folder}/{stem}.txt", data=b"sorted"))
        acts.append(Act(stem, tuple(steps), f"{top}/in/{name}", f"{folder}/{name}"))
    return Plan("organise", "Organise", acts=tuple(acts))


if __name__ == "__main__":
    top, data, far, what = sys.argv[1:]
    plan = organise(top, far) if what == "do" else Plan("organise", "")
    print("ready", flush=True)
    sys.stdin.readline()
    if what == "do":
        carrying.carry_out(Path(data), plan, Work())
    else:
        carrying.take_back(Path(data), 1, Work())
    print("done", flush=True)
