"""Count in how many news sentences each English word stands.

In: one-sentence-a-line files (.txt.xz). Out: khabar_summarize/data/words.tsv, `word<TAB>sentences per
100,000`, most frequent first; 0 for words that are written with a capital more often than without. The
summariser weighs words with it, tells a name from a word at the start of a sentence, and sees what is no word
at all.

    python summarize/training/word_statistics.py ../shared/data/mono/en_*.txt.xz > WORDS.tsv
"""

from __future__ import annotations

import lzma
import re
import sys
from collections import Counter

_WORD = re.compile(r"(?<![\w'’-])[A-Za-z]+(?![\w-])")
N_WORDS = 30_000


def main(paths: list[str]) -> None:
    """Print the table."""
    lower: Counter[str] = Counter()
    upper: Counter[str] = Counter()
    n_sentences = 0
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                n_sentences += 1
                words = _WORD.findall(line)
                lower.update({word for word in words if word.islower()})
                # The first word has a capital whatever it is.
                upper.update({word.lower() for word in words[1:] if word[0].isupper()})
    known = [(n, word) for word, n in lower.items() if n >= 4 and len(word) > 1]
    known.sort(key=lambda item: (-item[0], item[1]))
    for n, word in known[:N_WORDS]:
        # 0: a word, but one that is written with a capital more often.
        print(f"{word}\t{max(1, round(n * 100_000 / n_sentences)) if n >= upper[word] else 0}")


if __name__ == "__main__":
    main(sys.argv[1:])
