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
NOISE = ("", "", "   ", "# words: of a person", "#", "  # deeper", "# see https://example.org/a")
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

    def noise() -> None:
        add(*draw(st.lists(st.sampled_from(NOISE), max_size=2)))

    noise()
    for name in draw(st.lists(st.sampled_from(["a111", "comfyui", "other ui", "7"]), min_size=1, max_size=3, unique=True)):
        first = len(made.lines)
        add(f"{name}:" + draw(st.sampled_from(["", "  # section"])))
        indent = " " * draw(st.sampled_from([1, 2, 4, 5]))
        names = draw(st.lists(st.sampled_from(["loras", "vae", "clip", "checkpoints", "my_nodes"]), max_size=4, unique=True))
        if draw(st.booleans()):
            names.insert(draw(st.integers(0, len(names))), "base_path")
        for entry in names:
            noise()
            start = len(made.lines)
            add(*_entry(draw, indent, entry))
            made.entries[name, entry] = (start, len(made.lines) - 1)
        made.sections[name] = (first, len(made.lines) - 1)
        noise()
    if draw(st.booleans()):
        made.lines[-1] = (made.lines[-1][0], "")
    return made


def _entry(draw: st.DrawFn, indent: str, name: str) -> list[str]:
    behind = draw(st.sampled_from(["", "", "  # mine", "   "]))
    colon = draw(st.sampled_from([": ", ":   "]))
    if name == "base_path":
        return [f"{indent}base_path{colon}{draw(st.sampled_from(['/sd', '~/sd', '../rel', chr(39) + '/q q' + chr(39)]))}{behind}"]
    texts = draw(st.lists(st.sampled_from(FOLDERS), min_size=1, max_size=3))
    form = draw(st.sampled_from(FORMS))
    deeper = indent + " " * draw(st.sampled_from([1, 4, 7]))
    quoted = "'" + texts[0].replace("'", "''") + "'"
    match form:
        case "plain":
            return [f"{indent}{name}{colon}models/plain{behind}"]
        case "single":
            return [f"{indent}{name}{colon}{quoted}{behind}"]
        case "double":
            return [f'{indent}{name}{colon}"a\\tb\\n/c"{behind}']
        case "block" | "strip":
            mark = "|" if form == "block" else "|-"
            body = [deeper + text for text in texts]
            body[1:1] = [""] * draw(st.integers(0, 1)) if len(body) > 1 else []
            return [f"{indent}{name}{colon}{mark}{behind}", *body]
        case "told":
            return [f"{indent}{name}{colon}|2", *(indent + "  " + lead + text for lead, text in zip(("  ", "", " "), texts, strict=False))]
        case "folded":
            return [f"{indent}{name}{colon}>", *(deeper + text for text in texts)]
        case "list":
            return [f"{indent}{name}:", *(f"{deeper}- models/{number}" for number in range(len(texts)))]
        case "flow":
            return [f"{indent}{name}{colon}[{quoted}, models/flow]{behind}"]
    return [f"{indent}{name}:{behind}"]
