"""Makes a ComfyUI library of any size for benchmarks and checks, with the ground truth about every model.

`python tests/bench/make_library.py OUT --models 10000 --faults --links --hostile-names --traps`; README.md explains the options.
It writes only below OUT, which must not exist. Same seed and options: same bytes.
"""

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from library_faults import add_faults
from library_papers import DIALECTS, Story, choose_dialects, header_metadata, make_story, sidecar_bytes, told
from library_pictures import Pool
from library_templates import SORTS, Content, Sort, Templates
from library_traps import add_hostile_names, add_links, add_sidecar_traps
from library_writer import Root, Writer

FOLDERS_A_MODEL = 0.36  # tries; one in three is too deep or doubled
_NESTED = {
    "loras": "lora",
    "checkpoints": "ckpt",
    "diffusion_models": "unet",
    "text_encoders": "te",
    "vae": "vae",
    "upscale_models": "esrgan",
}
_FLAT = {"loras": ("loras", "lycoris"), "embeddings": ("embeddings",)}
_STYLES = (
    "style",
    "concept",
    "people",
    "places",
    "xl",
    "sd15",
    "flux",
    "old",
    "new",
    "tests",
    "merged",
    "favourites",
    "by author",
    "2024",
    "2025",
)


def main() -> int:
    """Read the command line, write the library, print its figures as JSON."""
    options = _options()
    started = time.perf_counter()
    if options.out.exists():
        print(f"{options.out} is there already. Nothing was changed.", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True)
    out = options.out.resolve()
    rng = random.Random(options.seed)
    header_kb = 4 if options.light and options.header_kb is None else options.header_kb or 0
    writer, templates = Writer(out, rng), Templates(rng, options.distinct_tables, header_kb)
    pool = Pool(rng, options.previews, (192, 288) if options.light else (512, 768))
    roots = _roots(out, options)
    summary: dict[str, Any] = {"options": {key: str(value) for key, value in vars(options).items()}}
    _write_sound(writer, templates, pool, roots, options)
    summary |= _write_odd(writer, templates, pool, roots, options)
    summary |= _write_configs(out, roots) | _figures(writer, time.perf_counter() - started)
    writer.close(summary)
    print(json.dumps({key: summary[key] for key in ("models", "files", "folders", "seconds", "arguments")}, indent=2))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder to make")
    parser.add_argument("--models", type=int, default=1000, help="sound models")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--light", action="store_true", help="headers of about 4 kB and small pictures, for 100,000 models")
    parser.add_argument("--header-kb", type=int, help="cut tensor tables to about this many kB; 0 or left out: whole tables")
    parser.add_argument("--distinct-tables", type=int, default=120, help="different tensor tables")
    parser.add_argument("--previews", type=int, default=60, help="different pictures; 0: no previews")
    parser.add_argument("--sidecars", default="all", help=f"all, none, or some of {','.join(DIALECTS)}")
    parser.add_argument(
        "--faults", type=int, nargs="?", const=3, default=0, help="broken models of every sort (3 of each when given alone)"
    )
    parser.add_argument("--links", action="store_true", help="folder loops, links to files and folders, hard links, broken ones")
    parser.add_argument("--hostile-names", action="store_true")
    parser.add_argument(
        "--traps", action="store_true", help="stems that begin alike, shared stems, contradicting sidecars, partials, orphans"
    )
    parser.add_argument("--no-extra-roots", action="store_true", help="only the default folders")
    return parser.parse_args()


def _roots(out: Path, options: argparse.Namespace) -> dict[str, list[Root]]:
    """Return the roots per category, the default one first. `unet` and `clip` are second default folders of their categories."""
    base = out / "ComfyUI" / "models"
    roots = {sort.kind: [Root(sort.kind, str(base / sort.kind), "default")] for sort in SORTS}
    if not options.no_extra_roots:
        for kind, folder in _NESTED.items():
            roots[kind].append(Root(kind, str(out / "vault" / folder), "nested"))
        for kind, folders in _FLAT.items():
            roots[kind] += [Root(kind, str(out / "flat" / folder), "flat") for folder in folders]
    return roots


def _write_sound(writer: Writer, templates: Templates, pool: Pool, roots: dict[str, list[Root]], options: argparse.Namespace) -> None:
    rng = writer.rng
    dialects = DIALECTS if options.sidecars == "all" else tuple(name for name in options.sidecars.split(",") if name in DIALECTS)
    folders: dict[str, list[str]] = {}
    sorts = rng.choices(SORTS, [sort.weight for sort in SORTS], k=options.models)
    last: tuple[Sort, Content] | None = None
    for index, sort in enumerate(sorts):
        root = _choose_root(rng, sort, roots)
        sub = _choose_folder(rng, folders.setdefault(root.path, [""]))
        story = make_story(rng, sort.bases, sort.kind)
        stem = f"{story.title.lower().replace(' ', rng.choice('-_ '))}-{story.version}-{index:x}"
        is_copy = last is not None and last[0] == sort and rng.random() < 0.02
        rank = sort.ranks[0] if sort.ranks else 0
        metadata = header_metadata(rng, story, stem, rank)
        has_cover = sort.kind == "loras" and not is_copy and options.previews > 0 and rng.random() < 0.02
        if has_cover:
            metadata["ssmd_cover_images"] = pool.cover()
        content = last[1] if is_copy and last is not None else templates.content(sort, metadata)
        preview, note = "embedded" if has_cover else "", "duplicate" if is_copy else ""
        record = writer.model(root, sub, stem + sort.suffix, content, preview=preview, note=note)
        last = None if has_cover else (sort, content)
        _dress(writer, pool, record, stem, sort, story, choose_dialects(rng, dialects))


def _choose_root(rng: random.Random, sort: Sort, roots: dict[str, list[Root]]) -> Root:
    found = roots[sort.kind]
    if sort.folder:
        return Root(sort.kind, os.path.join(os.path.dirname(found[0].path), *sort.folder.split("/")), "default")
    return found[0] if len(found) == 1 or rng.random() < 0.8 else rng.choice(found[1:])


def _choose_folder(rng: random.Random, folders: list[str]) -> str:
    """Return a folder below the root, now and then a new one inside an old one, at most five deep."""
    if rng.random() < FOLDERS_A_MODEL:
        parent = rng.choice(folders)
        if parent.count(os.sep) < 4:
            new = os.path.join(parent, f"{rng.choice(_STYLES)} {len(folders):x}")
            folders.append(new)
            return new
    return rng.choice(folders)


def _dress(writer: Writer, pool: Pool, record: dict[str, Any], stem: str, sort: Sort, story: Story, dialects: tuple[str, ...]) -> None:
    """Write the previews and sidecars of a sound model; one with a cover inside gets no picture beside it."""
    for suffix in [] if record["preview"] else pool.suffixes():
        writer.beside(record, stem + suffix, pool.picture(suffix), is_preview=True)
    folder = os.path.dirname(record["path"]).replace(os.sep, "/")
    for dialect in dialects:
        writer.beside(record, *sidecar_bytes(dialect, story, stem, sort.suffix, record["size"], record["mtime"], folder))
    truth = told(dialects, story)
    record |= {"trigger_words": truth["trigger_words"], "tags": truth["tags"]}
    if not dialects:
        record["trigger_words"] = []
    if truth["base_model"]:
        record["base_model"] = truth["base_model"]


def _write_odd(
    writer: Writer, templates: Templates, pool: Pool, roots: dict[str, list[Root]], options: argparse.Namespace
) -> dict[str, Any]:
    lora = next(sort for sort in SORTS if sort.table == "lora_sd1")
    first = {kind: found[0] for kind, found in roots.items()}
    counts: dict[str, Any] = {}

    def sound() -> Content:
        return templates.content(lora, {"format": "pt", "serial": f"{writer.rng.getrandbits(64):x}"})

    if options.faults:
        counts["faults"] = add_faults(writer, templates, first, options.faults)
    if options.hostile_names:
        counts["hostile_names"] = add_hostile_names(writer, first["loras"], sound, pool.plain())
    if options.traps:
        counts["traps"] = add_sidecar_traps(writer, first["loras"], sound, pool.plain())
    if options.links:
        counts["links"] = add_links(writer, first["loras"], roots["loras"][-1], sound)
    return counts


def _write_configs(out: Path, roots: dict[str, list[Root]]) -> dict[str, Any]:
    """Write extra_model_paths.yaml where ComfyUI looks for it, the flat flavour beside it; return how to call the program."""
    arguments = ["--comfyui", str(out / "ComfyUI")]
    every = [root for found in roots.values() for root in found]
    nested = [root for root in every if root.source == "nested"]
    flat = [root for root in every if root.source == "flat"]
    (out / "ComfyUI").mkdir(exist_ok=True)
    (out / "ComfyUI" / "folder_paths.py").write_text("# marks this folder as a ComfyUI\n", encoding="utf-8")
    if nested:
        lines = ["vault:", "    base_path: ../vault", *(f"    {root.kind}: {os.path.basename(root.path)}" for root in nested)]
        (out / "ComfyUI" / "extra_model_paths.yaml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    if flat:
        kinds = dict.fromkeys(root.kind for root in flat)
        lines = [f"{kind}:\n" + "".join(f"  - {json.dumps(root.path)}\n" for root in flat if root.kind == kind) for kind in kinds]
        (out / "flat_paths.yaml").write_text("".join(lines), encoding="utf-8")
        arguments += ["--extra-model-paths-config", str(out / "flat_paths.yaml")]
    for root in every:
        Path(root.path).mkdir(parents=True, exist_ok=True)
    return {"arguments": arguments, "roots": [[root.kind, root.path, root.source] for root in every]}


def _figures(writer: Writer, seconds: float) -> dict[str, Any]:
    by_kind: dict[str, int] = {}
    for record in writer.records:
        by_kind[record["kind"][0]] = by_kind.get(record["kind"][0], 0) + 1
    apparent = sum(record["size"] for record in writer.records)
    return {
        "models": len(writer.records),
        "files": writer.files,
        "folders": len(writer.folders),
        "apparent_bytes": apparent,
        "by_kind": by_kind,
        "seconds": round(seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
