"""HTML of strangers as Markdown: paragraphs, headings, lists, links, emphasis, code, quotes and pictures; nothing else gets through.

Called by fetched_text. The result holds no HTML at all: a `<` of the text is escaped, scripts and styles are dropped with their content.
It must never raise on broken HTML.
"""

import re
from html.parser import HTMLParser

_DROPPED = frozenset(("script", "style", "head", "title", "iframe", "object", "noscript", "template", "svg"))
_PARAGRAPHS = frozenset(("p", "div", "table", "tr", "section", "article", "figure", "ul", "ol", "dl", "dt", "dd"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_EMPHASIS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "strike": "~~"}
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"()\\]+\Z", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\`*\[\]<>]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LINE_START = re.compile(r"(?m)^(\s*)(#{1,6}(?=\s)|[-+=](?=\s)|-{3,}|={3,}|\d+[.)](?=\s)|~{3})")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_GAPS = re.compile(r"\n{3,}")
_DEEPEST = 12


def markdown(html: str) -> str:
    """Return HTML as Markdown without a line of HTML in it; trimmed, one blank line between paragraphs."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return writer.text()


def escaped(text: str) -> str:
    """Return plain text so that Markdown shows it as it is."""
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", text))


class _Writer(HTMLParser):
    """Writes Markdown while the HTML is read; unclosed and stray tags do no harm."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._lists: list[list[int]] = []  # [next number] of each open list, 0 for one with dots
        self._links: list[str] = []
        self._dropped = self._quotes = self._code = 0

    def text(self) -> str:
        """Return what was written."""
        lines = "".join(self._parts).replace("\xa0", " ").split("\n")
        return _GAPS.sub("\n\n", "\n".join(map(_ended, lines))).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._dropped += 1
        elif self._dropped or (self._code and tag != "pre"):
            return
        elif tag in _HEADINGS:
            self._block("#" * int(tag[1]) + " ")
        elif tag in _PARAGRAPHS:
            self._start_paragraph(tag)
        elif tag in _EMPHASIS:
            self._parts.append(_EMPHASIS[tag])
        else:
            self._start_other(tag, dict(attrs))

    def _start_paragraph(self, tag: str) -> None:
        if tag in ("ul", "ol") and len(self._lists) < _DEEPEST:
            self._lists.append([int(tag == "ol")])
        if not self._is_after_bullet() and not (self._lists and tag in ("p", "ul", "ol") and len(self._lists) > 1):
            self._block("")

    def _start_other(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag == "br":
            self._parts.append("  " + self._line())
        elif tag == "hr":
            self._block("---")
            self._block("")
        elif tag == "li":
            self._bullet()
        elif tag == "blockquote":
            self._quotes = min(self._quotes + 1, _DEEPEST)
            self._block("")
        elif tag == "pre":
            self._block("```\n")
            self._code += 1
        elif tag == "code":
            self._parts.append("`")
        elif tag == "a":
            self._links.append(_address(attrs.get("href")))
            self._parts.append("[" if self._links[-1] else "")
        elif tag == "img" and (address := _address(attrs.get("src"))):
            self._parts.append(f"![{escaped(_SPACES.sub(' ', attrs.get('alt') or ''))}]({address})")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropped = max(0, self._dropped - 1)
        elif self._dropped or (self._code and tag != "pre"):
            return
        elif tag in _EMPHASIS:
            self._close_emphasis(_EMPHASIS[tag])
        elif tag in ("ul", "ol"):
            del self._lists[-1:]
            self._block("")
        elif tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
            self._block("")
        elif tag == "pre" and self._code:
            self._code -= 1
            self._parts.append("\n```")
            self._block("")
        elif tag == "code":
            self._parts.append("`")
        elif tag == "a" and self._links:
            address = self._links.pop()
            self._parts.append(f"]({address})" if address else "")
        elif (tag in _PARAGRAPHS and not self._lists) or tag in _HEADINGS:
            self._block("")

    def handle_data(self, data: str) -> None:
        if self._dropped:
            return
        if self._code:
            self._parts.append(data.replace("```", "'''").replace("\r", ""))
            return
        text = _SPACES.sub(" ", data)
        is_code = self._parts[-1:] == ["`"]
        if not self._parts or self._parts[-1].endswith(("\n", "> ")):
            text = text.lstrip()
        self._parts.append(text.replace("`", "'").replace("<", "‹") if is_code else escaped(text) if text else "")

    def _block(self, mark: str) -> None:
        """Begin a paragraph, with `mark` before its text."""
        self._parts.append("\n" + self._line() + mark)

    def _line(self) -> str:
        return "\n" + "> " * self._quotes

    def _bullet(self) -> None:
        number = self._lists[-1] if self._lists else [0]
        mark = f"{number[0]}. " if number[0] else "- "
        if number[0]:
            number[0] += 1
        self._parts.append(self._line() + "    " * max(0, len(self._lists) - 1) + mark)

    def _is_after_bullet(self) -> bool:
        return bool(self._lists) and bool(self._parts) and self._parts[-1].endswith((". ", "- ")) and self._parts[-1].startswith("\n")

    def _close_emphasis(self, sign: str) -> None:
        """Close bold and the like; with nothing in it the signs go, and a space before the end goes after it."""
        if self._parts and self._parts[-1] == sign:
            self._parts.pop()
            return
        last = self._parts[-1] if self._parts else ""
        trimmed = last.rstrip(" ")
        if self._parts:
            self._parts[-1] = trimmed
        self._parts.append(sign + " " * (len(last) - len(trimmed)))


def _ended(line: str) -> str:
    """Return a line without spaces at its end but the two that break it, and without quote signs that quote nothing."""
    text = line.rstrip()
    return "" if not text.strip("> ") else text + ("  " if line.endswith("  ") else "")


def _address(value: str | None) -> str:
    """Return an address for a link, "" unless it leads to a page or a mailbox."""
    found = (value or "").strip()
    return found.replace("(", "%28").replace(")", "%29") if _ADDRESS.match(found.replace("(", "").replace(")", "")) else ""
