"""How well do the rules tell faithful from unfaithful summaries that people have judged?

    python summarize/training/measure_faithfulness.py FOLDER

In: a folder with `qags.jsonl.xz` (sentences of systems, judged by three people each) and
`summedits.jsonl.xz` (summaries with and without one planted error; the domain "news"). Out: for each set,
how many unfaithful summaries are caught, how many faithful ones refused, balanced accuracy. The text of
these sets is partly in lower case, which hides names from any check.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

from khabar_summarize import Verifier, english_article
from khabar_summarize.english import split_sentences
from khabar_summarize.sources import source_sentences


def read(path: Path) -> list[dict]:
    """Rows of a compressed JSONL file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def qags(folder: Path, part: str) -> Iterator[tuple[str, str, bool]]:
    """(article, sentence, faithful by majority)."""
    for row in read(folder / "qags.jsonl.xz"):
        if part in row["id"]:
            for sentence in row["sentences"]:
                votes = [vote == "yes" for vote in sentence["votes"]]
                yield row["article"], sentence["sentence"], 2 * sum(votes) > len(votes)


def summedits(folder: Path) -> Iterator[tuple[str, str, bool]]:
    """(article, summary, faithful)."""
    for row in read(folder / "summedits.jsonl.xz"):
        if row["domain"] == "news":
            yield row["article"], row["summary"], str(row["label"]) == "1"


def main() -> None:
    """Judge and print."""
    folder = Path(sys.argv[1])
    sets = {
        "qags-cnndm": qags(folder, "cnndm"),
        "qags-xsum": qags(folder, "xsum"),
        "summedits-news": summedits(folder),
    }
    for name, rows in sets.items():
        verifiers: dict[str, Verifier] = {}
        counts = {(faithful, passed): 0 for faithful in (True, False) for passed in (True, False)}
        for article, summary, faithful in rows:
            if article not in verifiers:
                verifiers[article] = Verifier(source_sentences([english_article(article)]))
            passed = all(verifiers[article].check(part).passed for part in split_sentences(summary))
            counts[faithful, passed] += 1
        bad = counts[False, True] + counts[False, False]
        good = counts[True, True] + counts[True, False]
        recall, alarms = counts[False, False] / bad, counts[True, False] / good
        precision = counts[False, False] / max(1, counts[False, False] + counts[True, False])
        print(
            f"{name:15} unfaithful {bad}, caught {recall:.0%}; faithful {good}, refused {alarms:.0%};"
            f" precision {precision:.0%}; balanced accuracy {(recall + 1 - alarms) / 2:.0%}"
        )


if __name__ == "__main__":
    main()
