"""HTML and Markdown from strangers, shown safely: cleaned to a few plain tags, and a browser that loads nothing at all.

Called by the description and the notes. Must never fetch a picture, a style sheet or a file, nor follow a link by itself.
"""

import html
from html.parser import HTMLParser

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QColor, QPixmap, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat, QWheelEvent
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import short_tip

_KEPT = {"p", "br", "b", "strong", "i", "em", "u", "s", "ul", "ol", "li", "code", "pre", "blockquote", "hr", "a"}
_RENAMED = {"h1": "h4", "h2": "h4", "h3": "h4", "h4": "h4", "h5": "h4", "h6": "h4", "div": "p", "tr": "p", "del": "s", "strike": "s"}
_EMPTY = {"br", "hr"}
_SILENT = {"script", "style", "head", "title", "iframe", "object", "svg", "math", "template", "noscript", "select", "textarea"}
_DEEPEST = 40
LONGEST = 200_000


class _Cleaner(HTMLParser):
    """Writes kept tags without attributes, escaped text, and nothing else; stops after `limit` visible characters."""

    def __init__(self, limit: int) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._open: list[str] = []
        self._silent = 0
        self._left = limit

    @property
    def is_full(self) -> bool:
        return self._left <= 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        name = _RENAMED.get(tag, tag)
        if self._silent or self.is_full or name not in _KEPT | {"h4"}:
            return
        if name in _EMPTY:
            self.out.append(f"<{name}>")
        elif len(self._open) < _DEEPEST:
            self._open.append(name)
            self.out.append(_link_tag(attrs) if name == "a" else f"<{name}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
            return
        name = _RENAMED.get(tag, tag)
        if self._silent or name not in self._open:
            return
        while self._open:
            last = self._open.pop()
            self.out.append(f"</{last}>")
            if last == name:
                break

    def handle_data(self, data: str) -> None:
        if self._silent or self.is_full:
            return
        shown = data if len(data) <= self._left else data[: self._left] + "…"
        self._left -= len(data)
        self.out.append(html.escape(shown, quote=False))

    def finished(self) -> str:
        return "".join(self.out) + "".join(f"</{name}>" for name in reversed(self._open))


def _link_tag(attrs: list[tuple[str, str | None]]) -> str:
    target = next((value for name, value in attrs if name == "href" and value), "")
    return f'<a href="{html.escape(target)}">' if is_web_link(target) else "<a>"


def is_web_link(target: str) -> bool:
    """True for http and https addresses with a host, the only ones that are ever opened."""
    url = QUrl(target.strip())
    return url.scheme().lower() in ("http", "https") and bool(url.host())


def input_limit(limit: int) -> int:
    """How much of a text is looked at for `limit` visible characters: tags take room, but not without end."""
    return 4096 + 4 * limit


def clean_html(text: str, limit: int = LONGEST) -> str:
    """`text` reduced to plain structure and web links, at most `limit` visible characters, every tag closed."""
    cleaner = _Cleaner(limit)
    for start in range(0, min(len(text), input_limit(limit)), 4096):
        cleaner.feed(text[start : start + 4096])
        if cleaner.is_full:
            break
    else:
        cleaner.close()
    return cleaner.finished()


class SafeBrowser(QTextBrowser):
    """Shows cleaned text; a click on a web link is told, never followed."""

    link_opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.document().setDocumentMargin(0)
        self.document().setIndentWidth(16)
        self.passes_wheel = False
        self.anchorClicked.connect(self._on_link)
        self.highlighted.connect(lambda url: self.setToolTip(short_tip(url.toString())))

    def show_html(self, text: str) -> None:
        """Show HTML that `clean_html` has cleaned."""
        self._set_style()
        self.setHtml(text)

    def show_markdown(self, text: str) -> None:
        """Show Markdown; HTML in it stays visible text."""
        self._set_style()
        document = self.document()
        document.setMarkdown(text[:LONGEST], QTextDocument.MarkdownFeature(_MARKDOWN))
        _calm_headings(document)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Answer every request with an empty picture: an empty answer would make Qt try the name as a file."""
        return _nothing()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll where this browser shows all of its text anyway."""
        if self.passes_wheel:
            event.ignore()
        else:
            super().wheelEvent(event)

    def _set_style(self) -> None:
        accent: QColor = theme.tokens().accent
        self.document().setDefaultStyleSheet(
            f"a {{ color: {accent.name()}; text-decoration: none; }} p {{ margin: 0 0 6px 0; }} h4 {{ margin: 6px 0 4px 0; }}"
            " ul, ol { margin: 0 0 6px 0; } pre, code { font-family: monospace; }"
        )

    def _on_link(self, url: QUrl) -> None:
        target = url.toString()
        if is_web_link(target):
            self.link_opened.emit(target)
        else:
            self.setToolTip(tr("Only web links can be opened."))


_MARKDOWN = QTextDocument.MarkdownFeature.MarkdownDialectGitHub.value | QTextDocument.MarkdownFeature.MarkdownNoHTML.value


def _calm_headings(document: QTextDocument) -> None:
    """Headings of a narrow panel are told by weight: the first level a step larger than the text, the others not at all."""
    cursor, block = QTextCursor(document), document.begin()
    while block.isValid():
        if level := block.blockFormat().headingLevel():
            style = QTextCharFormat()
            style.setProperty(QTextFormat.Property.FontSizeAdjustment, 1 if level == 1 else 0)
            cursor.setPosition(block.position())
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(style)
        block = block.next()


def _nothing() -> QPixmap:
    empty = QPixmap(1, 1)
    empty.fill(QColor(0, 0, 0, 0))
    return empty
