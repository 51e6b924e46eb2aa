"""HTML and Markdown of strangers: what is kept, what never is, and that nothing is loaded or followed."""

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QPixmap, QTextDocument
from pytestqt.qtbot import QtBot

from model_manager.ui.details.description import Description
from model_manager.ui.details.safe_text import SafeBrowser, clean_html, is_web_link


def test_structure_is_kept_and_attributes_are_not() -> None:
    cleaned = clean_html('<h1 style="x">Title</h1><p class=a onclick="x()">One <b>two</b><br></p>')
    assert cleaned == "<h4>Title</h4><p>One <b>two</b><br></p>"


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "svg", "template"])
def test_silent_tags_vanish_with_their_content(tag: str) -> None:
    assert clean_html(f"<p>a<{tag}>bad</{tag}>b</p>") == "<p>ab</p>"


def test_pictures_and_style_sheets_are_dropped() -> None:
    assert clean_html('<img src="file:///etc/passwd"><link rel=stylesheet href=x>text') == "text"


def test_only_web_links_keep_their_target() -> None:
    assert clean_html('<a href="https://a.example/?x=1&amp;y=2" target=_blank>t</a>') == '<a href="https://a.example/?x=1&amp;y=2">t</a>'
    for target in ("javascript:alert(1)", "file:///etc/passwd", "\\\\host\\share", "data:text/html,x", "//host/x"):
        assert clean_html(f'<a href="{target}">t</a>') == "<a>t</a>"


def test_text_cannot_become_markup_again() -> None:
    assert clean_html("&lt;script&gt;1 &lt; 2") == "&lt;script&gt;1 &lt; 2"


def test_unclosed_and_crossed_tags_are_closed() -> None:
    assert clean_html("<p>a<b>b<i>c</b>d") == "<p>a<b>b<i>c</i></b>d</p>"
    assert clean_html("</p>x</div>") == "x"


def test_length_and_depth_are_bounded() -> None:
    assert clean_html("<p>" + "word " * 1000, limit=20) == "<p>word word word word …</p>"
    assert clean_html("<b>" * 5000 + "x").count("<b>") <= 40


def test_web_links() -> None:
    assert is_web_link("https://civitai.com/models/1")
    assert not is_web_link("https://")
    assert not is_web_link("ftp://host/x")
    assert not is_web_link("")


def test_every_request_is_answered_with_an_empty_picture(qtbot: QtBot) -> None:
    browser = SafeBrowser()
    qtbot.addWidget(browser)
    answer = browser.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl("file:///etc/hostname"))
    assert isinstance(answer, QPixmap)
    assert not answer.isNull()


def test_markdown_html_stays_text(qtbot: QtBot) -> None:
    browser = SafeBrowser()
    qtbot.addWidget(browser)
    browser.show_markdown("# Head\n\na **b** <b>c</b>")
    assert "<b>c</b>" in browser.toPlainText()
    assert "**" not in browser.toPlainText()


def test_links_are_told_not_followed(qtbot: QtBot) -> None:
    browser = SafeBrowser()
    qtbot.addWidget(browser)
    opened: list[str] = []
    browser.link_opened.connect(opened.append)
    browser.anchorClicked.emit(QUrl("file:///etc/passwd"))
    browser.anchorClicked.emit(QUrl("https://a.example/x"))
    assert opened == ["https://a.example/x"]


def test_long_description_is_folded_until_asked(qtbot: QtBot) -> None:
    description = Description()
    qtbot.addWidget(description)
    description.resize(300, 400)
    description.show_text("<p>" + "several words here " * 200 + "the end</p>", is_html=True)
    assert description._text.is_faded
    assert "the end" not in description._text.toPlainText()
    description._toggle.click()
    assert "the end" in description._text.toPlainText()
    assert description._text.height() > 300


def test_short_description_has_no_button(qtbot: QtBot) -> None:
    description = Description()
    qtbot.addWidget(description)
    description.resize(300, 400)
    description.show_text("Short.", is_html=False)
    assert description._toggle.isHidden()
