"""The beginning of the HTML files that khabar writes, and how foreign text gets into them.

In: a title, a style sheet, perhaps a script. Out: everything up to `<body>`, with a content security policy
that loads nothing and runs nothing but these. Not here: what stands on a page.
"""

from __future__ import annotations

import base64
import hashlib
import html

__all__ = ["escape_html", "page_start"]


def page_start(title: str, style: str, script: str = "") -> str:
    """Doctype, head and the opening tag of the body.

    Args:
        title: plain text.
        style: CSS.
        script: that stands somewhere on the page; it alone may run. A page with one draws plots, too, so that
            its elements may have styles of their own.

    Returns:
        Lines without a final line end.
    """
    rules = ["default-src 'none'"]
    # The hash allows exactly this style sheet or script and nothing that an article might bring along.
    rules.append("style-src 'unsafe-inline'" if script else f"style-src '{_pin(style)}'")
    if script:
        rules.append(f"script-src '{_pin(script)}'")
    rules += ["base-uri 'none'", "form-action 'none'"]
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en" dir="ltr">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="generator" content="khabar">',
            f"<title>{escape_html(title)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
        )
    )


def escape_html(text: str) -> str:
    """Escape for text and attributes; control characters that HTML forbids become replacement characters.

    >>> escape_html('a<b> & "c"')
    'a&lt;b&gt; &amp; &quot;c&quot;'
    """
    shown = "".join(c if c >= " " or c in "\t\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return html.escape(shown, quote=True)


def _pin(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")
