"""Check the rewritten sentences: format, lengths, figures, names, novelty, how far right and wrong are apart.

    python summarize/training/check_rewrites.py summarize/training/data/rewrites_*.jsonl

In: files of {"id", "sources", "brief", "also", "wrong", "error"}. Out: one line for each fault, then a table;
exit code 1 if there is a fault. Whether a sentence is true to its sources only a reader can tell.
"""

from __future__ import annotations

import difflib
import itertools
import json
import re
import sys
from collections import Counter
from pathlib import Path

ERRORS = frozenset(
    {
        "role",
        "speaker",
        "negation",
        "name",
        "number",
        "date",
        "unit",
        "cause",
        "certainty",
        "place",
        "relation",
    }
    | {"object", "scope"}
)
_WORDS = (8, 36)  # of a brief sentence
_LEAST_ALIKE, _MOST_LONGER = 0.7, 4  # of a wrong version
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")
_KEYS = {"id", "sources", "brief", "also", "wrong", "error"}


def held_out(number: int) -> bool:
    """Whether the item at this place of a file is kept for measuring."""
    return number % 10 == 9


def as_article(item: dict) -> dict:
    """A rewritten sentence as an article whose brief has one sentence that cites everything."""
    cites = list(range(1, len(item["sources"]) + 1))
    part = {"text": item["brief"], "cites": cites} | {key: item[key] for key in ("also", "wrong", "error")}
    return {"id": item["id"], "sentences": item["sources"], "brief": [part]}


def new_share(text: str, sources: list[str]) -> float:
    """Share of the text's pairs of neighbouring words that no source has."""
    pairs = [set(itertools.pairwise(re.findall(r"[a-z0-9]+", t.lower()))) for t in (text, *sources)]
    return len(pairs[0] - set().union(*pairs[1:])) / max(1, len(pairs[0]))


def faults(item: dict) -> list[str]:
    """What is wrong with an item, in words."""
    if set(item) != _KEYS:
        return [f"fields are {sorted(item)}"]
    found = []
    if item["error"] not in ERRORS:
        found.append(f"unknown kind of error {item['error']}")
    if not 1 <= len(item["sources"]) <= 3:
        found.append(f"{len(item['sources'])} sources")
    text = " ".join(item["sources"])
    for key in ("brief", "also"):
        n_words = len(item[key].split())
        if not _WORDS[0] <= n_words <= _WORDS[1]:
            found.append(f"{key} has {n_words} words")
        figures = set(re.findall(r"\d[\d,.]*\d|\d", item[key])) - set(re.findall(r"\d[\d,.]*\d|\d", text))
        if figures:
            found.append(f"{key} has figures that the sources lack: {', '.join(sorted(figures))}")
        names = [name for name in _NAME.findall(item[key]) if name.lower()[:5] not in text.lower()]
        if names:
            found.append(f"{key} has names that the sources lack: {', '.join(names)}")
    words = [item[key].split() for key in ("brief", "wrong")]
    alike = difflib.SequenceMatcher(None, *words, autojunk=False).ratio()
    if item["brief"] == item["wrong"] or alike < _LEAST_ALIKE:
        found.append(f"brief and wrong are {alike:.2f} alike")
    if abs(len(words[0]) - len(words[1])) > _MOST_LONGER:
        found.append("wrong is longer or shorter than brief")
    return found


def main() -> int:
    """Check and print."""
    bad = 0
    seen: set[str] = set()
    for path in map(Path, sys.argv[1:]):
        items = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for item in items:
            for fault in faults(item) + (["its id stands twice"] if item["id"] in seen else []):
                print(f"{path.name} {item['id']}: {fault}")
                bad += 1
            seen.add(item["id"])
        share = sum(new_share(item["brief"], item["sources"]) for item in items) / max(1, len(items))
        kinds = ", ".join(f"{kind} {n}" for kind, n in Counter(i["error"] for i in items).most_common())
        print(f"{path.name}: {len(items)} items, {share:.0%} new word pairs; {kinds}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
