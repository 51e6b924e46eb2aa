"""The small tools of writing: JSON changed in place, front matter changed in place, HTML as Markdown, what is kept of two values."""

import json
from typing import Any

import pytest

from model_manager.core.errors import BadSidecar
from model_manager.core.sidecars.fetched import plain, public
from model_manager.core.sidecars.front_writing import edited
from model_manager.core.sidecars.json_text import Raw, value_text, with_values
from model_manager.core.sidecars.keeping import is_empty, joined, keep, mark
from model_manager.core.sidecars.markdown import markdown

IN_PLACE: list[tuple[str, dict[str, Any], str]] = [
    ("{}", {"a": 1, "b": "ü"}, '{"a": 1, "b": "ü"}'),
    ("{ \n }\n", {"a": 1}, '{"a": 1}\n'),
    ('{"a": 1.50,"b":[NaN]}', {"a": 2, "c": {}}, '{"a": 2,"b":[NaN], "c": {}}'),
    ('{\r\n\t"a" : 1\r\n}', {"b": {"c": 1}}, '{\r\n\t"a" : 1,\r\n\t"b": {\r\n\t\t"c": 1\r\n\t}\r\n}'),
    ('{"a": 1, "a": 2}', {"a": 3}, '{"a": 1, "a": 3}'),
    ('{"b": 1, "a": 2, "c": 3}', {"a": 5, "b": 6, "d": Raw("[ 7 ]")}, '{"b": 6, "a": 5, "c": 3, "d": [ 7 ]}'),
    ('\ufeff{"a": "}"}', {"a": "\ud800"}, '\ufeff{"a": "\\ud800"}'),
]


@pytest.mark.parametrize(("before", "values", "after"), IN_PLACE)
def test_json_in_place(before: str, values: dict[str, Any], after: str) -> None:
    assert with_values("x", before, values) == after
    for key, value in values.items():
        assert isinstance(value, Raw) or json.loads(value_text("x", after, key)) == value


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a" 1}', "{'a': 1}"])
def test_json_that_cannot_be_changed(text: str) -> None:
    with pytest.raises(BadSidecar):
        with_values("x.info", text, {"b": 1})


FRONT: list[tuple[str, dict[str, Any], str]] = [
    ("", {"b": "1", "a": "x"}, "a: x\nb: '1'\n"),
    (
        "b: 1 # mine\n# own line\nd: [1,  2]\n",
        {"a": "0", "c": "2", "e": "3"},
        "a: '0'\nb: 1 # mine\n# own line\nc: '2'\nd: [1,  2]\ne: '3'\n",
    ),
    ("z: 1\na: 2\n", {"m": "x"}, "z: 1\na: 2\nm: x\n"),
    ("a:\n- 1\n- 2\nb: |\n  a: no\n  more\n", {"a": ["3"]}, "a:\n- '3'\nb: |\n  a: no\n  more\n"),
    ("a: 1", {"b": "2"}, "a: 1\nb: '2'\n"),
    ("a: 1\r\nc: 1\r\n", {"b": {"x": "y"}}, "a: 1\r\nb:\r\n  x: y\r\nc: 1\r\n"),
    ("{a: 1, b: 2}\n", {"c": "3"}, "{a: 1, b: 2}\n"),
    ("a: &x 1\nb: *x\n", {"a": "2"}, "a: &x 1\nb: *x\n"),
]


@pytest.mark.parametrize(("before", "values", "after"), FRONT)
def test_front_matter_in_place(before: str, values: dict[str, Any], after: str) -> None:
    values = {key: str(value) if isinstance(value, int) else value for key, value in values.items()}
    assert (
        edited("x.md", before, values) == after.replace("b: 1\n", "b: '1'\n") if before == "" else after == edited("x.md", before, values)
    )


def test_front_matter_values_go() -> None:
    assert edited("x.md", "a: 1\nb: 2\nc: 3\n", {"c": "4"}, ["b"]) == "a: 1\nc: '4'\n"


PAGES = [
    ("<p>An <em>old</em> <strong>fox </strong>x</p><p>two</p>", "An *old* **fox** x\n\ntwo"),
    ("<h2>Use</h2><ul><li><p>one</p></li><li>two<ul><li>in</li></ul></li></ul><ol><li>a</li><li>b</li></ol>x", None),
    ("a &lt;lora:x_y_:1&gt; &lt;script&gt; 2*3 [x] _a_", "a \\<lora:x_y\\_:1\\> \\<script\\> 2\\*3 \\[x\\] \\_a\\_"),
    ("<script>bad()</script><style>x</style><iframe src='x'>y</iframe>z", "z"),
    ("<a href='javascript:x()'>a</a><a href='https://e.org/(b)?c=1'>d</a><img src='data:x'><img alt='p' src='https://e.org/p.png'>", None),
    ("<p># no</p><p>- no</p><p>1. no</p><p>---</p><b></b>", "\\# no\n\n\\- no\n\n\\1. no\n\n\\---"),
    ("<unclosed <b>bold", "bold"),
    ("a<!-- c --><?x?><![CDATA[y]]>b", "ab"),
    ("one<br>two<br/>three", "one  \ntwo  \nthree"),
    ("<pre><code>a &lt;b&gt; ```\n  c</code></pre>", "```\na <b> '''\n  c\n```"),
    ("<blockquote><p>q</p><p>r</p></blockquote>x", "> q\n\n> r\n\nx"),
    ("", ""),
]


@pytest.mark.parametrize(("html", "wanted"), PAGES)
def test_html_as_markdown(html: str, wanted: str | None) -> None:
    found = markdown(html)
    if wanted is not None:
        assert found == wanted
    assert "javascript:" not in found and "data:" not in found and "<!--" not in found


def test_lists_and_links() -> None:
    assert markdown(PAGES[1][0]) == "## Use\n\n- one\n- two\n    - in\n\n1. a\n2. b\n\nx"
    assert markdown(PAGES[4][0]) == "a[d](https://e.org/%28b%29?c=1)![p](https://e.org/p.png)"


@pytest.mark.parametrize(
    "html", ["<" * 5000, "<ul>" * 3000 + "x", "<b>" * 20000, "</p>" * 5000, "<blockquote>" * 500 + "x", "&#xd800;&#0;&bogus;"]
)
def test_hostile_html(html: str) -> None:
    assert len(markdown(html)) < 100_000


def test_what_is_kept_of_two_values() -> None:
    assert joined({"a": 1, "x": 2}, {"a": None, "b": []}) == {"a": 1, "x": 2, "b": []}
    assert joined([{"id": 1, "x": 2}, {"y": 1}], [{"id": 1, "z": 3}, {"n": 0}]) == [{"id": 1, "x": 2, "z": 3}, {"n": 0}]
    assert not is_empty(0) and not is_empty(False) and is_empty("") and is_empty({}) and is_empty(None)
    before = {"a": "old", "b": "hand", "c": False}
    kept = keep(before, {"a": "new", "b": "new", "c": True, "d": ""}, {"a": mark("old")}, ("a", "b"))
    assert kept.changes == {"a": "new", "c": True} and kept.theirs == {"b": "hand"} and set(kept.marks) == {"a", "c"}
    other = keep(before, {"a": ""}, {"a": mark("old"), "b": mark("x")}, (), is_other=True)
    assert other.gone == ["a"] and not other.changes


def test_no_key_in_an_address() -> None:
    assert public("https://x.org/a?token=secret&b=1") == "https://x.org/a?b=1"
    assert public("https://user:pw@x.org/a?X-Amz-Signature=1") == "https://x.org/a"
    signed = "X-Amz-Security-Token X-Goog-Credential AWSAccessKeyId Policy Key-Pair-Id apiKey Authorization client_secret".split()
    assert public("https://x.org/a?author=me&monkey=1&" + "&".join(f"{name}=s" for name in signed)) == "https://x.org/a?author=me&monkey=1"
    assert public("https://x.org/a?b=%20x&c") == "https://x.org/a?b=%20x&c"
    assert public("https://[broken/?token=1") == "https://[broken/?token=1" and plain({"u": "https://x.org/?api_key=1"}) == {
        "u": "https://x.org/"
    }
    assert plain({"a": float("nan"), "b": {1, 2}, "c": ("x",), 3: "x" * 300_000}) == {"a": None, "b": None, "c": ["x"], "3": None}
