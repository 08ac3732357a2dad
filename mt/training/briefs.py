"""Examples of the briefing task: numbered sentences in, a brief whose sentences cite them out.

In: the summary sets of the data folder, our own cited briefs and rewritten sentences. Out:
{"prompt","target","kind"} rows; the kind "rewrite" has one brief sentence and no sentences but those it
cites. Citations of sets that have none are found by word overlap; a summary whose words or numbers its
article does not support is dropped. Left out: selection of sentences at run time (khabar_summarize does it).
"""

from __future__ import annotations

import json
import lzma
import random
import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "summarize/training"))

from check_rewrites import as_article, held_out, new_share

MAX_WORDS = 560  # of the numbered article: about 800 tokens
MAX_REWRITTEN = 3  # sentences that one brief sentence is made from
MOST_NEW = 0.8  # new word pairs in a rewritten sentence; freer ones teach a small model to invent
WINDOW_WORDS = 310  # what the model is shown at run time: about 440 tokens
_SENTENCE = re.compile(r"(?<=[.!?][\"”’)]|.[.!?])\s+(?=[\"“‘(]?[A-Z0-9])|\n+")
# After these a full stop does not end the sentence.
_ABBREVIATION = re.compile(
    r"\b(Mr|Mrs|Ms|Dr|Gen|Sen|Rep|Gov|Lt|Col|Sgt|St|Jr|U\.S|U\.N|No|Jan|Feb|Aug|Sept|Oct|Nov|Dec|[A-Z])\.$"
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]+|\d[\d,.]*")
_STOP_WORDS = (
    "the a an of to in on at for and or but that this with by from as is are was were be been "
    "has have had it its he she they his her their we i you who which will would said says "
    "say after over not more than about into"
)
_STOP = frozenset(_STOP_WORDS.split())


def split_english(text: str) -> list[str]:
    """Sentences of an English article, rough but without losing text."""
    parts = [part.strip() for part in _SENTENCE.split(text.strip())]
    merged: list[str] = []
    for part in parts:
        if part and merged and _ABBREVIATION.search(merged[-1]):
            merged[-1] += " " + part
        elif part:
            merged.append(part)
    return merged


def content(text: str) -> Counter[str]:
    """Content words (first six letters, so that inflections match) and numbers."""
    return Counter(word.lower().rstrip(".,")[:6] for word in _WORD.findall(text) if word.lower() not in _STOP)


def cite(sentence: str, sources: list[Counter[str]]) -> tuple[list[int], float]:
    """Greedy cover of the sentence's content words by at most three sources: (indices, covered share)."""
    wanted = content(sentence)
    total, chosen, left = sum(wanted.values()), [], wanted.copy()
    for _ in range(3):
        best = max(range(len(sources)), key=lambda i: sum((left & sources[i]).values()), default=None)
        if best is None:
            break
        gain = sum((left & sources[best]).values())
        if gain < (2 if chosen else 1) or (chosen and gain < 0.12 * total):
            break
        chosen.append(best)
        left -= sources[best]
    return sorted(chosen), 1 - sum(left.values()) / max(1, total)


def row_of(sentences: list[str], brief: list[tuple[str, list[int]]], kind: str) -> dict:
    """One example; cites are 1-based."""
    numbered = "\n".join(f"[{i}] {s}" for i, s in enumerate(sentences, 1))
    target = " ".join(f"{text} [{','.join(map(str, cites))}]" for text, cites in brief)
    return {"prompt": f"Article:\n{numbered}\nBrief:", "target": target, "kind": kind}


def shorten(sentences: list[str]) -> list[str]:
    """The leading sentences within the word limit."""
    kept, words = [], 0
    for sentence in sentences:
        words += len(sentence.split()) + 1
        if words > MAX_WORDS:
            break
        kept.append(sentence)
    return kept


def within_window(
    sentences: list[str], brief: list[tuple[str, list[int]]]
) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Leave out sentences that nothing cites, the last ones first, until the article fits the window."""
    cited = {number for _, cites in brief for number in cites}
    kept, words = set(range(1, len(sentences) + 1)), sum(len(s.split()) + 2 for s in sentences)
    for number in range(len(sentences), 0, -1):
        if words <= WINDOW_WORDS:
            break
        if number not in cited:
            kept.remove(number)
            words -= len(sentences[number - 1].split()) + 2
    place = {number: i for i, number in enumerate(sorted(kept), 1)}
    moved = [(text, [place[number] for number in cites]) for text, cites in brief]
    return [sentences[number - 1] for number in sorted(kept)], moved


def cited_by_overlap(article: str, summary: str, kind: str, least: float) -> dict | None:
    """An example with found citations, or None when the article does not support the summary."""
    sentences = shorten(split_english(article))
    sources = [content(s) for s in sentences]
    everything = " ".join(sentences)
    brief = []
    for text in split_english(summary):
        cites, covered = cite(text, sources)
        numbers = [n.rstrip(".,") for n in re.findall(r"\d[\d,.]*", text)]
        if not cites or covered < least or any(n not in everything for n in numbers):
            return None
        brief.append((text, [c + 1 for c in cites]))
    return row_of(sentences, brief, kind) if len(sentences) >= 3 and brief else None


def read(path: Path) -> list[dict]:
    """Rows of a JSONL file, compressed or not; none when it is absent."""
    if not path.exists():
        return []
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def rewrites(own: Path) -> list[dict]:
    """Our rewritten sentences as articles of a single brief sentence; every tenth is kept out."""
    return [
        as_article(item)
        for path in sorted(own.glob("rewrites_*.jsonl"))
        for number, item in enumerate(read(path))
        if not held_out(number)
    ]


def alone(sentences: list[str], text: str, cites: list[int]) -> dict | None:
    """A brief sentence from the sentences that it cites alone, if they are few and it is close to them."""
    chosen = sorted(set(cites))
    if (
        len(chosen) > MAX_REWRITTEN
        or new_share(text, [sentences[number - 1] for number in chosen]) > MOST_NEW
    ):
        return None
    places = [chosen.index(number) + 1 for number in dict.fromkeys(cites)]
    return row_of([sentences[number - 1] for number in chosen], [(text, places)], "rewrite")


def examples(summ: Path, own: Path, rng: random.Random) -> tuple[list[dict], dict[str, int]]:
    """All training examples, shuffled, and how many there are of each kind. Every fifth cited brief is kept
    out.
    """
    rows: list[dict] = []
    cited = read(summ / "briefs_cited.jsonl.xz")
    cited = [row for i, row in enumerate(cited) if i % 5]
    for path in sorted(own.glob("briefs_*.jsonl")):
        cited += read(path)
    for row in [*cited, *rewrites(own)]:
        for key in ("text", "also"):
            brief = [(s[key], s["cites"]) for s in row["brief"] if key in s]
            rows += [rewrite for part in brief if (rewrite := alone(row["sentences"], *part))]
            if len(row["sentences"]) > MAX_REWRITTEN and brief:
                rows.append(row_of(*within_window(row["sentences"], brief), "cited"))
    plan = (
        ("freelance_writer_summaries", 0.6), ("neus_allsides_roundup", 0.55), ("pseudo_lede_allsides", 0.5),
        ("pseudo_lede_bbc2225", 0.5), ("pseudo_lede_reuters21578", 0.6),
    )  # fmt: skip
    for name, least in plan:
        for row in read(summ / f"{name}.jsonl.xz"):
            if row.get("split", "train") != "train":
                continue
            example = cited_by_overlap(row["article"], row["summary"], name, least)
            if example:
                rows.append(example)
    rng.shuffle(rows)
    return rows, dict(Counter(row["kind"] for row in rows))
