"""Check an open corpus file of news pairs: fields, entity spans, numbers, lengths, repeats.

In: JSONL files {"id","ar","en","entities":[[ar,en],...],"topic","style"}. Out: one line for each fault on
stderr, statistics on stdout, exit status 1 when a fault was found. Not here: whether the English is good.
Use: python mt/training/check_pairs.py FILE...
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

ARABIC = re.compile("[\u0621-\u064a]")
LATIN = re.compile("[A-Za-z]")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬", "01234567890123456789.,")
THOUSAND = re.compile(r"(?<![\d.,])(\d{1,3}) (?:ألف|الف|آلاف|الاف)(?!\w)")
REQUIRED = ("id", "ar", "en", "entities")


def numbers(text: str) -> Counter[str]:
    """Numbers as digit strings without separators, so that 1,200 equals 1200; `11 ألف` is 11000."""
    text = THOUSAND.sub(lambda match: f"{match.group(1)}000", text.translate(DIGITS))
    return Counter(re.sub(r"[.,]", "", n) for n in NUMBER.findall(text))


def faults(row: dict[str, object]) -> list[str]:
    """What is wrong with one row; an empty list when nothing is."""
    missing = [key for key in REQUIRED if key not in row]
    if missing:
        return [f"missing {', '.join(missing)}"]
    ar, en, entities = str(row["ar"]), str(row["en"]), row["entities"]
    found: list[str] = []
    if len(ARABIC.findall(ar)) < 0.5 * len(re.findall(r"\w", ar)):
        found.append("source is not mostly Arabic")
    if ARABIC.search(en):
        found.append("Arabic letters in the English")
    ratio = (len(en.split()) + 2) / (len(ar.split()) + 2)
    if not 0.6 <= ratio <= 2.4:
        found.append(f"length ratio {ratio:.2f}")
    lost = [n for n in (numbers(ar) - numbers(en)) if len(n) > 1 or int(n) > 9]
    if lost:
        found.append(f"numbers lost: {', '.join(lost)}")
    if not isinstance(entities, list):
        return [*found, "entities is not a list"]
    for pair in entities:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(p, str) and p for p in pair)):
            found.append(f"entity {pair!r} is not [arabic, english]")
        elif pair[0] not in ar or pair[1] not in en:
            found.append(f"entity not in its text: {pair[0]} = {pair[1]}")
    return found


def main(paths: list[str]) -> int:
    """Check every file; print faults and totals; 1 when there was a fault."""
    seen: dict[str, str] = {}
    n_faults = n_rows = n_words = n_entities = 0
    topics: Counter[str] = Counter()
    openings: Counter[str] = Counter()
    for path in paths:
        for number, line in enumerate(Path(path).read_text(encoding="utf-8").split("\n"), 1):
            if not line:
                continue
            where = f"{path}:{number}"
            try:
                row = json.loads(line)
            except ValueError as exc:
                print(f"{where}: not JSON: {exc}", file=sys.stderr)
                n_faults += 1
                continue
            found = faults(row)
            key = re.sub(r"\W", "", str(row.get("ar", "")))
            if key in seen:
                found.append(f"same Arabic as {seen[key]}")
            seen[key] = where
            for fault in found:
                print(f"{where}: {fault}", file=sys.stderr)
            n_faults += len(found)
            n_rows += 1
            n_words += len(str(row.get("en", "")).split())
            n_entities += len(row.get("entities", []))
            topics[str(row.get("topic", "-"))] += 1
            openings[" ".join(str(row.get("ar", "")).split()[:2])] += 1
    print(f"{n_rows} pairs, {n_words} English words, {n_entities} entities, {n_faults} faults")
    print("topics:", ", ".join(f"{topic} {n}" for topic, n in topics.most_common(30)))
    print("commonest openings:", ", ".join(f"{text} {n}" for text, n in openings.most_common(8)))
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
