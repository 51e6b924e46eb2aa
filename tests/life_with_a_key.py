"""The command line with a key in hand, everything logged, in a process of its own: commands as a JSON list of lists.

    python tests/life_with_a_key.py keychain|environment|broken '[["--comfyui", "X", "download", ...], ...]'

KEY and TOKEN hold the keys for the keychain, which is one in memory. With `broken` a download meets a fault of ours whose words, and
whose cause's words, quote all that there is to know, as those of HTTP libraries do.
"""

import json
import logging
import os
import sys
from typing import Any, ClassVar

from keyring.backend import KeyringBackend

from model_manager import app, cli
from model_manager.core.online.keys import Keys
from model_manager.core.online.records import CIVITAI, HUGGING_FACE
from model_manager.core.paths import data_dir


class InMemory(KeyringBackend):
    """A keychain that forgets when the process ends."""

    priority = 1  # type: ignore[assignment]
    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def fill_keychain() -> None:
    """Save the keys as the dialog does."""
    import keyring

    keyring.set_keyring(InMemory())
    keys = Keys(data_dir(), {})
    assert keys.save(CIVITAI, os.environ.pop("KEY")) == keys.save(HUGGING_FACE, os.environ.pop("TOKEN")) == "keychain"


def break_downloads() -> None:
    """Let each download end in a fault that nobody foresaw."""
    from model_manager.core.tasks import downloads

    def broken(web: Any, wanted: Any, partial: Any, hands: Any) -> str:
        everything = {"Authorization": f"Bearer {os.environ['CIVITAI_API_TOKEN']}", "url": wanted.url}
        try:
            raise ValueError(f"Header value {everything}")
        except ValueError as error:
            raise RuntimeError(f"while sending {everything}") from error

    downloads.fill = broken  # type: ignore[assignment]


def main() -> None:
    """Carry out the commands and print their codes."""
    app._set_up_log(data_dir())
    logging.getLogger().setLevel(logging.DEBUG)
    how, commands = sys.argv[1], json.loads(sys.argv[2])
    if how == "keychain":
        fill_keychain()
    if how == "broken":
        break_downloads()
    print(json.dumps([cli.main(words) for words in commands]))


if __name__ == "__main__":
    main()
