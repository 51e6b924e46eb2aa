"""The same core from a terminal, and the door to the window: `model-manager [options] [command]`.

Nothing goes to stdout but the answer. Exit codes: 0 fine, 1 something was found that needs attention (or nothing was found by that
path), 2 the command could not be carried out.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from model_manager import __version__, cli_backup, cli_tidy
from model_manager.core.errors import ModelManagerError
from model_manager.core.online.outside import is_link
from model_manager.streams import give_streams

_ABOUT = "Every model you own, on one fast screen."
_WAYS_IN = "Links to models (model-manager LINK ...) are shown in the window, and so are model files to be added."
_FOLDERS = ("comfyui", "extra_model_paths_config")
_ONLINE = ("download", "fetch", "hash", "updates")
_MANY = {
    "list": "query", "check": "query", "fetch": "query", "hash": "query", "download": "links", "tasks": "ids",
    **cli_tidy.MANY,
    **cli_backup.MANY,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, or open the window when none is named; returns the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["--read-models"]:
        from model_manager.core.library import readers

        return readers.serve(int(words[1]))
    if words[:1] == ["--make-previews"]:
        from model_manager.core.previews import makers

        return makers.serve(int(words[1]))
    if words[:1] == ["--paint-previews"]:
        from model_manager import app

        return app.paint(int(words[1]))
    if words[:1] == ["--convert-model"]:
        from model_manager.core.health import converting

        return converting.serve(int(words[1]))
    if words[:1] == ["--demo-site"]:
        from model_manager.core.demo import site_process

        return site_process.serve(words[1])
    if words[:1] == ["--poster"]:
        from model_manager import app

        return app.poster(words[1])
    give_streams()
    parser = _parser()
    words, outside = _outside(words, parser)
    chosen = _joined(_parsed(words, parser))
    chosen.outside = outside
    if outside and chosen.command is not None:
        parser.error("links and files are for the window; a command takes its own")
    if chosen.data_dir:
        os.environ["MODEL_MANAGER_DATA"] = os.path.abspath(chosen.data_dir)
    try:
        return _carried_out(chosen)
    except ModelManagerError as fault:
        print(fault.text, file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _carried_out(chosen: argparse.Namespace) -> int:
    if chosen.self_check is not None:
        from model_manager import self_check

        return self_check.run(chosen.self_check)
    if chosen.install_desktop_entry:
        from model_manager import desktop_entry

        return desktop_entry.install()
    if chosen.register_links or chosen.unregister_links:
        from model_manager import link_handler

        return link_handler.run(chosen.register_links)
    if chosen.command is None:
        from model_manager.app import run

        return run(chosen)
    _let_any_name_out()
    code = _command(chosen)
    sys.stdout.flush()
    return code


def _command(chosen: argparse.Namespace) -> int:
    if chosen.command == "tasks":
        from model_manager import commands_tasks

        return commands_tasks.run(chosen)
    if chosen.command == "download":
        from model_manager import commands_download

        return commands_download.run(chosen)
    if chosen.command in _ONLINE:
        from model_manager import commands_online

        return commands_online.run(chosen)
    if chosen.command in cli_tidy.TIDY:
        from model_manager import commands_tidy

        return commands_tidy.run(chosen)
    if chosen.command in cli_tidy.OWN:
        from model_manager import commands_own

        return commands_own.run(chosen)
    if chosen.command in cli_tidy.UNDO:
        from model_manager import commands_undo

        return commands_undo.run(chosen)
    if chosen.command in cli_tidy.TWINS:
        from model_manager import commands_twins

        return commands_twins.run(chosen)
    if chosen.command in cli_tidy.HEALTH:
        from model_manager import commands_health

        return commands_health.run(chosen)
    if chosen.command in cli_backup.BACKUP:
        from model_manager import commands_backup

        return commands_backup.run(chosen)
    from model_manager import commands

    return commands.run(chosen)


def _outside(words: list[str], parser: argparse.ArgumentParser) -> tuple[list[str], list[str]]:
    """Part the links and files that stand where a command could from all other words; behind `--` there is nothing else."""
    taking = {name for action in parser._actions for name in action.option_strings if action.nargs != 0}
    commands = {name for action in parser._actions if action.dest == "command" for name in action.choices or ()}
    rest: list[str] = []
    found: list[str] = []
    for place, word in enumerate(words):
        if word == "--":
            return rest, [*found, *words[place + 1 :]]
        if word.startswith("-") or (place and words[place - 1] in taking):
            rest.append(word)
        elif word not in commands and (is_link(word) or os.path.exists(word)):
            found.append(word)
        else:
            return [*rest, *words[place:]], found
    return rest, found


def _let_any_name_out() -> None:
    """File names may hold what the terminal's encoding lacks; on Linux their very bytes go out."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape" if sys.stdout.encoding.lower() == "utf-8" else "backslashreplace")


def _parsed(words: list[str], parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments; those of which there may be many may stand before, between and after options, which argparse alone does not allow."""
    chosen, rest = parser.parse_known_args(cli_tidy.spared(words) if "tag" in words else words)
    if chosen.command != "tag" and "tag" in words:
        chosen, rest = parser.parse_known_args(words)
    many = _MANY.get(chosen.command)
    if rest and (many is None or any(word.startswith("-") for word in rest)):
        parser.error("unrecognized arguments: " + " ".join(rest))
    if rest and many is not None:
        setattr(chosen, many, [*getattr(chosen, many), *rest])
    return chosen


def _joined(chosen: argparse.Namespace) -> argparse.Namespace:
    """Add folders named after the command to those before it."""
    for name in _FOLDERS:
        setattr(chosen, name, [*getattr(chosen, name), *getattr(chosen, "more_" + name, ())])
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="model-manager", description=_ABOUT, epilog=_WAYS_IN)
    parser.add_argument("--version", action="version", version=f"Model Manager {__version__}")
    _add_folders(parser, is_top=True)
    parser.add_argument("--theme", choices=("dark", "light", "system"), help="colours of the window")
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="write a picture of the window when it is ready, then quit")
    parser.add_argument("--size", type=_size, metavar="WxH", help="size of the window")
    parser.add_argument("--select", metavar="NAME", help="select the model with this name")
    parser.add_argument("--search", metavar="TEXT", help="show what matches this search")
    parser.add_argument("--view", choices=("grid", "table"), help="show cards or a table")
    parser.add_argument("--self-check", nargs="?", const="", metavar="FILE", help="try all parts of the program; FILE gets a JSON report")
    parser.add_argument("--install-desktop-entry", action="store_true", help="put the program into the menu of a Linux desktop")
    parser.add_argument("--register-links", action="store_true", help="open comfy-models: links of browsers with this program")
    parser.add_argument("--unregister-links", action="store_true", help="do not open them any more")
    commands = parser.add_subparsers(dest="command", metavar="command")
    for name, text in (
        ("scan", "look through the folders and bring the index up to date"),
        ("list", "list models"),
        ("show", "show all that is known of one model"),
        ("check", "read headers again and report damaged or misplaced files"),
        ("folders", "list the folders of all categories and their state"),
        ("download", "download what links lead to, with preview and sidecars"),
        ("fetch", "fetch details and previews for models that are here"),
        ("hash", "compute the hashes of models"),
        ("updates", "look for new versions of models"),
        ("tasks", "list tasks, or pause, resume, retry, cancel or clear them"),
        *cli_tidy.COMMANDS.items(),
        *cli_backup.COMMANDS.items(),
    ):
        command = commands.add_parser(name, help=text, description=text)
        _add_folders(command, is_top=False)
        command.add_argument("--json", action="store_true", help="answer in JSON")
        if name in (*_ONLINE, "tasks"):
            _add_work(command, name)
        if name in cli_tidy.COMMANDS:
            cli_tidy.add_arguments(command, name)
        if name in cli_backup.COMMANDS:
            cli_backup.add_arguments(command, name)
        if name in ("list", "check"):
            command.add_argument("query", nargs="*", help="what to look for, as in the search box")
        if name == "show":
            command.add_argument("path", help="path of the model file")
        if name == "scan":
            command.add_argument("--quick", action="store_true", help="only look at folders and models that changed by their time")
        if name in ("list", "show"):
            command.add_argument("--no-scan", action="store_true", help="answer from the index without looking at the disk first")
    return parser


def _add_work(command: argparse.ArgumentParser, name: str) -> None:
    """The options of the commands that make or steer tasks."""
    if name == "download":
        command.add_argument("links", nargs="+", metavar="LINK", help="a page or file of Civitai, Hugging Face or GitHub, or any address")
        command.add_argument("--to", default="", metavar="KIND[/SUB]", help="where it goes, such as loras/style; else as its header says")
        command.add_argument("--name", default="", metavar="N", help="the name of the file")
    if name in ("fetch", "hash"):
        command.add_argument("query", nargs="*", metavar="QUERY", help="which models, as in the search box; all without it")
    if name == "fetch":
        command.add_argument("--details", action="store_true", help="details only, unless --previews is given, too")
        command.add_argument("--previews", action="store_true", help="previews only, unless --details is given, too")
        command.add_argument("--force", action="store_true", help="ask again for what was asked before")
    if name == "tasks":
        actions = ("pause", "resume", "retry", "cancel", "clear")
        command.add_argument("action", nargs="?", choices=actions, help="what to do; the list without it")
        command.add_argument("ids", nargs="*", metavar="ID", help="numbers of tasks, or all")
    if name in ("download", "tasks"):
        text = "work here until these tasks have ended; else the running program does, or the next resume"
        command.add_argument("--wait", action="store_true", help=text)
    else:
        command.add_argument("--wait", action="store_true", help=argparse.SUPPRESS)  # they always do


def _add_folders(parser: argparse.ArgumentParser, is_top: bool) -> None:
    """The same options before and after the command; those after it must not reset those before."""
    unset = None if is_top else argparse.SUPPRESS
    for name, metavar, text in (
        ("comfyui", "DIR", "a ComfyUI or models folder; may be repeated"),
        ("extra_model_paths_config", "FILE", "an extra_model_paths.yaml as ComfyUI takes it; may be repeated"),
    ):
        option, place = "--" + name.replace("_", "-"), name if is_top else "more_" + name
        empty: list[str] | str = [] if is_top else argparse.SUPPRESS
        parser.add_argument(option, action="append", dest=place, metavar=metavar, default=empty, help=text)
    parser.add_argument("--data-dir", metavar="DIR", default=unset, help="where index, settings and thumbnails are kept")
    parser.add_argument("--demo", action="store_true", default=False if is_top else argparse.SUPPRESS, help="use the built-in demo library")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if width.isdecimal() and height.isdecimal() and 0 < int(width) <= 16_000 and 0 < int(height) <= 16_000:
        return int(width), int(height)
    raise argparse.ArgumentTypeError("write the size as WIDTHxHEIGHT, such as 1440x900")
