"""Pages load nothing, run nothing of an article's, and show foreign text as text."""

from __future__ import annotations

import base64
import hashlib

from lxml import html

from khabar_core.webpage import escape_html, page_start


def _policy(page: str) -> str:
    return str(html.fromstring(page).xpath("//meta[@http-equiv]/@content")[0])


def _pin(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def test_only_the_pages_own_style_is_allowed() -> None:
    policy = _policy(page_start("عنوان", "p { color: red }"))
    assert f"style-src '{_pin('p { color: red }')}'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_only_the_pages_own_script_is_allowed() -> None:
    assert f"script-src '{_pin('sort()')}'" in _policy(page_start("t", "p {}", "sort()"))


def test_a_title_cannot_close_its_element() -> None:
    page = html.fromstring(page_start("</title><script>steal()</script>", ""))
    assert page.xpath("//title/text()") == ["</title><script>steal()</script>"]
    assert not page.xpath("//script")


def test_control_characters_become_visible() -> None:
    assert escape_html("a\x00b\x1bc\td\n") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c\td\n"
