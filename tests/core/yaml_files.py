"""Random files of folders for the tests of yaml_editing: each knows which of its lines belong to which entry."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

FOLDERS = (
    "models/Lora",
    "models/LyCORIS",
    "/mnt/big drive/loras",
    "D:\\models\\vae",
    "~/x",
    "$HOME/y",
    "a: b",
    "# odd",
    "it's",
    '"q"',
    "é/ö",
    "true",
    "12",
)
WORDS = "# words: of a person"
NOISE = ("", "", "   ", WORDS, "#", "  # deeper", "# see https://example.org/a", " " + WORDS, "## odd", "#  clip: old", "  #vae: old")
OFF = (  # sections that a person has switched off, by hand
    ("#old:", "#  base_path: /old", "#  loras: |", "#     one", "#", "#     two"),
    ("# old:", "#  vae: v", "#  # words", "#  clip: c"),
    ("#old: # mine", "# loras: one"),
)
FORMS = ("plain", "single", "double", "block", "block", "strip", "told", "folded", "list", "flow", "null")


@dataclass
class MadeFile:
    """lines: (text, end). entries: (section, name) -> first and last line. folders: what a person would say each names."""

    bom: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    entries: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    sections: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.bom + "".join(text + end for text, end in self.lines)


@st.composite
def made_files(draw: st.DrawFn) -> MadeFile:
    made = MadeFile(draw(st.sampled_from(["", "", "\ufeff"])))
    usual = draw(st.sampled_from(["\n", "\n", "\r\n"]))

    def add(*texts: str) -> None:
        made.lines += [(text, draw(st.sampled_from([usual, usual, usual, "\n"]))) for text in texts]

    def noise(of: tuple[str, str] | None = None, inside: int = 0) -> None:
        """Lines between others; those that stand far enough to the right are part of the block `of` that is before them."""
        for text in draw(st.lists(st.sampled_from(NOISE), max_size=2)):
            add(text)
            inside = inside if not text[:inside].strip(" ") else 0
            if of and inside and text[inside:]:
                made.entries[of] = (made.entries[of][0], len(made.lines) - 1)

    noise()
    for name in draw(st.lists(st.sampled_from(["a111", "comfyui", "other ui", "7"]), min_size=1, max_size=3, unique=True)):
        first = len(made.lines)
        add(f"{name}:" + draw(st.sampled_from(["", "  # section"])))
        indent = " " * draw(st.sampled_from([1, 2, 4, 5]))
        names = draw(st.lists(st.sampled_from(["loras", "vae", "clip", "checkpoints", "my_nodes"]), max_size=4, unique=True))
        if draw(st.booleans()):
            names.insert(draw(st.integers(0, len(names))), "base_path")
        last, inside = None, 0
        for entry in names:
            noise(last, inside)
            start, last = len(made.lines), (name, entry)
            texts, inside = _entry(draw, indent, entry)
            add(*texts)
            made.entries[last] = (start, len(made.lines) - 1)
        noise(last, inside)
        made.sections[name] = (first, made.entries[last][1] if last else first)
        if draw(st.integers(0, 3)) == 0 and not any("old:" in text for text, _ in made.lines if text.startswith("#")):
            add(*draw(st.sampled_from(OFF)))
            noise()
    if draw(st.booleans()):
        made.lines[-1] = (made.lines[-1][0], "")
    return made


def _entry(draw: st.DrawFn, indent: str, name: str) -> tuple[list[str], int]:
    """The lines of an entry, and how far a block's text stands to the right (0: it is none)."""
    behind = draw(st.sampled_from(["", "", "  # mine", "   "]))
    colon = draw(st.sampled_from([": ", ":   "]))
    if name == "base_path":
        return [f"{indent}base_path{colon}{draw(st.sampled_from(['/sd', '~/sd', '../rel', chr(39) + '/q q' + chr(39)]))}{behind}"], 0
    texts = draw(st.lists(st.sampled_from(FOLDERS), min_size=1, max_size=3))
    form = draw(st.sampled_from(FORMS))
    deeper = indent + " " * draw(st.sampled_from([1, 4, 7]))
    quoted = "'" + texts[0].replace("'", "''") + "'"
    match form:
        case "plain":
            return [f"{indent}{name}{colon}models/plain{behind}"], 0
        case "single":
            return [f"{indent}{name}{colon}{quoted}{behind}"], 0
        case "double":
            return [f'{indent}{name}{colon}"a\\tb\\n/c"{behind}'], 0
        case "block" | "strip":
            mark = "|" if form == "block" else "|-"
            body = [deeper + text for text in texts]
            body[1:1] = [""] * draw(st.integers(0, 1)) if len(body) > 1 else []
            return [f"{indent}{name}{colon}{mark}{behind}", *body], len(deeper)
        case "told":
            body = [indent + "  " + lead + text for lead, text in zip(("  ", "", " "), texts, strict=False)]
            return [f"{indent}{name}{colon}|2", *body], len(indent) + 2
        case "folded":
            return [f"{indent}{name}{colon}>", *(deeper + text for text in texts)], len(deeper)
        case "list":
            return [f"{indent}{name}:", *(f"{deeper}- models/{number}" for number in range(len(texts)))], 0
        case "flow":
            return [f"{indent}{name}{colon}[{quoted}, models/flow]{behind}"], 0
    return [f"{indent}{name}:{behind}"], 0
