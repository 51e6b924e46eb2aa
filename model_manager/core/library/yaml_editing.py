"""Changes an extra_model_paths.yaml by the lines concerned; comments, order, spacing, quotes and line ends of all others stay.

Called by the bridge for the visual editor; gives back texts and writes nothing. Each change is made on the text and, apart from that,
on what ComfyUI would read; where the new text does not read exactly as meant the change is refused, so nothing can go wrong silently.
Only what ComfyUI accepts is written: sections, texts and `|` blocks, never lists, never an empty file.
"""

from collections.abc import Callable

from model_manager.core.errors import BadConfig
from model_manager.core.library import yaml_scalars
from model_manager.core.library.yaml_off import comment_out, off_length, uncommented
from model_manager.core.library.yaml_shape import Folder, Section, Shape
from model_manager.core.library.yaml_tree import BASE, DEFAULT, OPTIONS, Lines, meaning
from model_manager.core.library.yaml_writing import (
    INDENT,
    Edited,
    Meaning,
    append,
    change,
    drop_placeholder,
    end_of,
    entry_of,
    named,
    own_line,
    remove_entry,
    remove_off,
    rename,
    root,
    swap,
    write_entry,
    write_folders,
    write_slots,
)
from model_manager.core.words import tr

# sections


def add_section(shape: Shape, name: str, base: str | None = None) -> Shape:
    """Return the file with one more section at its end. Raises BadConfig when the name is taken or cannot be one."""
    _check_name(name)
    if name in {one.name for one in shape.sections if one.is_on}:
        raise BadConfig(tr("There is a section “{name}” already.", name=name))

    def mean(known: Meaning) -> Meaning:
        return {**known, name: None if base is None else {BASE: base}}

    entry = [] if base is None else [f"{' ' * INDENT}{BASE}: {yaml_scalars.scalar(base)}"]
    with change(shape, mean) as lines:
        append(lines, [f"{yaml_scalars.key(name)}:", *entry])
    return lines.shape


def remove_section(shape: Shape, name: str) -> Shape:
    """Return the file without a section, whether it is on or off."""
    if not shape.section(name).is_on:
        at = shape.section(name).line - 1
        with change(shape, dict) as lines:
            lines.remove(at, at + off_length(lines, at) - 1)
        return lines.shape
    with change(shape, lambda known: _without(known, name)) as lines:
        for key, node in reversed(named(root(lines), name)):
            lines.remove(own_line(lines, key), end_of(lines, key, node))
    return lines.shape


def rename_section(shape: Shape, name: str, new: str) -> Shape:
    """Return the file with another name for a section; to ComfyUI names of sections mean nothing."""
    _check_name(new)
    if new in {one.name for one in shape.sections}:
        raise BadConfig(tr("There is a section “{name}” already.", name=new))
    _editable(shape, name)

    def mean(known: Meaning) -> Meaning:
        return {new if str(one) == name else one: value for one, value in known.items()}

    with change(shape, mean) as lines:
        rename(lines, entry_of(root(lines), name)[0], new)
    return lines.shape


def switch_section(shape: Shape, name: str, is_on: bool) -> Shape:
    """Return the file with a section made a comment, or made one again of its comment."""
    section = shape.section(name)
    if section.is_on == is_on:
        return shape
    at = section.line - 1
    if is_on:
        found = meaning(uncommented(Lines.of(shape.text), at))
        before = sum(one.is_on and one.line <= at for one in shape.sections)
        if any(one.is_on and one.name == name for one in shape.sections):
            raise BadConfig(tr("There is a section “{name}” already.", name=name))
        with change(shape, lambda known: _put_in(known, found, before)) as lines:
            texts = uncommented(lines, at).split("\n")[:-1]
            lines.texts[at : at + len(texts)] = texts
            drop_placeholder(lines)
        return lines.shape
    with change(shape, lambda known: _without(known, name)) as lines:
        key, node = entry_of(root(lines), name)
        comment_out(lines, own_line(lines, key), end_of(lines, key, node))
    return lines.shape


def move_section(shape: Shape, name: str, by: int) -> Shape:
    """Return the file with a section one place further up (by -1) or down (1) among those that are on; comments stay where they are."""
    names = [one.name for one in shape.sections if one.is_on]
    at = names.index(shape.section(name).name)
    other = at + by
    if not 0 <= other < len(names):
        return shape

    def mean(known: Meaning) -> Meaning:
        order = list(known.items())
        first = [str(one) for one, _ in order].index(names[at])
        second = [str(one) for one, _ in order].index(names[other])
        order[first], order[second] = order[second], order[first]
        return dict(order)

    with change(shape, mean) as lines:
        upper, lower = (entry_of(root(lines), names[place]) for place in sorted((at, other)))
        spans = [(own_line(lines, key), end_of(lines, key, node) + 1) for key, node in (upper, lower)]
        swap(lines, *spans)
    return lines.shape


# options


def set_base(shape: Shape, section: str, value: str | None) -> Shape:
    """Return the file with another base_path for a section; None takes it away."""
    return _set_option(shape, section, BASE, value)


def set_default(shape: Shape, section: str, is_default: bool) -> Shape:
    """Return the file with a section's folders coming first in ComfyUI, or not."""
    return _set_option(shape, section, DEFAULT, True if is_default else None)


def _set_option(shape: Shape, section: str, name: str, value: str | bool | None) -> Shape:
    _editable(shape, section)

    def mean(known: Meaning) -> Meaning:
        inner = dict(_inner(known, section))
        if value is None:
            inner.pop(name, None)
        else:
            inner[name] = value
        return _with_inner(known, section, inner)

    with change(shape, mean) as lines:
        if value is None:
            remove_entry(lines, section, name)
        else:
            write_entry(lines, section, name, value if isinstance(value, str) else "true", is_text=isinstance(value, str))
    return lines.shape


# categories and folders


def add_folder(shape: Shape, section: str, category: str, text: str, at: int = -1) -> Shape:
    """Return the file with one more folder in a category, before place `at` of those that are on (-1: last)."""
    return _set_folders(shape, section, category, lambda texts: _inserted(texts, at, text))


def set_folder(shape: Shape, section: str, category: str, at: int, text: str) -> Shape:
    """Return the file with other words for the folder at place `at` of those that are on."""
    return _set_folders(shape, section, category, lambda texts: [*texts[:at], text, *texts[at + 1 :]])


def remove_folder(shape: Shape, section: str, category: str, folder: Folder) -> Shape:
    """Return the file without a folder, on or off; with its last one the category goes."""
    if not folder.is_on:
        with change(shape, dict) as lines:
            remove_off(lines, folder)
        return lines.shape
    at = _place(shape.section(section), category, folder)
    return _set_folders(shape, section, category, lambda texts: texts[:at] + texts[at + 1 :])


def move_folder(shape: Shape, section: str, category: str, at: int, by: int) -> Shape:
    """Return the file with the folder at place `at` of those that are on one place up (by -1) or down (1)."""

    def moved(texts: list[str]) -> list[str]:
        other = at + by
        if 0 <= other < len(texts):
            texts[at], texts[other] = texts[other], texts[at]
        return texts

    return _set_folders(shape, section, category, moved)


def switch_folder(shape: Shape, section: str, category: str, folder: Folder) -> Shape:
    """Return the file with a folder switched off (a comment below its category) or on again."""
    if not folder.is_on:
        without = remove_folder(shape, section, category, folder)
        return add_folder(without, section, category, folder.text)
    at = _place(shape.section(section), category, folder)
    before = shape.section(section)
    comment = f"# {category}: {yaml_scalars.scalar(folder.text)}"
    off = Folder(folder.text, 0, False)

    def note(lines: "Edited", line: int, indent: int) -> None:
        lines.insert(line, " " * indent + comment)

    found = _set_folders(shape, section, category, lambda texts: texts[:at] + texts[at + 1 :], note)
    had = sum(not one.is_on and one.text == off.text for one in before.category(category).folders)
    if sum(not one.is_on and one.text == off.text for one in found.section(section).category(category).folders) != had + 1:
        raise BadConfig(tr("This folder cannot be switched off here, as its name would not be found again. Remove it instead."))
    return found


def remove_category(shape: Shape, section: str, category: str) -> Shape:
    """Return the file without a category, and without those of its folders that are switched off."""
    for folder in reversed(shape.section(section).category(category).folders):
        if not folder.is_on:
            shape = remove_folder(shape, section, category, folder)
    is_there = shape.section(section).category(category).line
    return _set_folders(shape, section, category, lambda _: []) if is_there else shape


def rename_category(shape: Shape, section: str, category: str, new: str) -> Shape:
    """Return the file with a section's category under another name."""
    _check_name(new)
    _editable(shape, section)
    if new in OPTIONS or any(one.name == new for one in shape.section(section).categories):
        raise BadConfig(tr("There is an entry “{name}” in this section already.", name=new))

    def mean(known: Meaning) -> Meaning:
        return _with_inner(known, section, {new if one == category else one: value for one, value in _inner(known, section).items()})

    with change(shape, mean) as lines:
        rename(lines, entry_of(entry_of(root(lines), section)[1], category)[0], new)
    return lines.shape


def mend_category(shape: Shape, section: str, category: str) -> Shape:
    """Return the file with a list written as ComfyUI reads it; a category that names nothing goes."""
    return _set_folders(shape, section, category, lambda texts: texts)


def _set_folders(
    shape: Shape, section: str, category: str, alter: Callable[[list[str]], list[str]],
    note: Callable[["Edited", int, int], None] | None = None,
) -> Shape:  # fmt: skip
    """Return the file with changed folders of a category; `note(lines, line, indent)` adds a comment where the category ends."""
    _editable(shape, section, category)
    old = [one.text for one in shape.section(section).category(category).folders if one.is_on]
    new = alter(list(old))
    for text in new:
        _check_folder(text)

    def mean(known: Meaning) -> Meaning:
        inner = dict(_inner(known, section))
        if new:
            inner[category] = "\n".join(new)
        else:
            inner.pop(category, None)
        return _with_inner(known, section, inner)

    fault: BadConfig | None = None
    for write in (write_slots, write_folders):
        try:
            with change(shape, mean) as lines:
                write(lines, section, category, new, note)
            return lines.shape
        except BadConfig as error:
            fault = error
    raise fault or BadConfig("")


# what may be written, and what is meant


def _editable(shape: Shape, section: str, category: str = "") -> None:
    found = shape.section(section)
    if not found.is_on:
        raise BadConfig(tr("This section is switched off. Switch it on first."))
    if found.is_fixed or (category and found.category(category).is_fixed):
        raise BadConfig(tr("This place is written in a way that cannot be changed here. Use a text editor for it."))


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or any(mark in name for mark in "\n\r\0"):
        raise BadConfig(tr("This name cannot be used. Choose a word."))


def _check_folder(text: str) -> None:
    if not text or any(mark in text for mark in "\n\r\0") or not _is_encodable(text):
        raise BadConfig(tr("This is not a possible folder name."))


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _place(section: Section, category: str, folder: Folder) -> int:
    on = [one for one in section.category(category).folders if one.is_on]
    if folder not in on:
        raise BadConfig(tr("This folder is not in the file any more."))
    return on.index(folder)


def _inserted(texts: list[str], at: int, text: str) -> list[str]:
    place = len(texts) if at < 0 else at
    return [*texts[:place], text, *texts[place:]]


def _key_of(known: Meaning, section: str) -> object:
    return next((one for one in known if str(one) == section), section)


def _inner(known: Meaning, section: str) -> Meaning:
    value = known.get(_key_of(known, section))
    return value if isinstance(value, dict) else {}


def _with_inner(known: Meaning, section: str, inner: Meaning) -> Meaning:
    name = _key_of(known, section)
    order = [one for one in OPTIONS if one in inner]
    return {**known, name: {**{one: inner[one] for one in order}, **{key: one for key, one in inner.items() if key not in order}}}


def _without(known: Meaning, section: str) -> Meaning:
    return {one: value for one, value in known.items() if str(one) != section}


def _put_in(known: Meaning, found: Meaning, at: int) -> Meaning:
    order = list(known.items())
    return dict([*order[:at], *found.items(), *order[at:]])
