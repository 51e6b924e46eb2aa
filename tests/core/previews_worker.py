"""A program that works on the tasks of a data folder until it is killed: `previews_worker.py DATA`."""

import sys
import time
from pathlib import Path

from model_manager.core.library.roots import Roots
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import make_sites
from model_manager.core.settings import Settings
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.every_kind import all_kinds
from model_manager.core.tasks.kinds import Tools

if __name__ == "__main__":
    data = Path(sys.argv[1])
    settings = Settings()
    sites = make_sites(settings, Keys(data, {}), {})
    engine = Engine(data, all_kinds(Tools(data, settings, lambda: sites, Roots, data / "index.sqlite")))
    engine.start()
    while True:
        time.sleep(1)
