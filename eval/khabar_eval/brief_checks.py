"""What can be checked about a brief without a model: its facts, its citations, its own words.

In: an article as numbered sentences and a brief such as `Text. [2,5] More. [3]`. Out: counts for the metrics
of briefs. A name or number that the article lacks is unsupported; a citation is right when the cited sentence
shares content with the brief's sentence. Not here: ROUGE (metrics), rewriting briefs (summarize).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from khabar_eval.cases import Case
from khabar_eval.numbers import find_quantities

__all__ = [
    "CitedSentence",
    "citation_hits",
    "cited_support",
    "compression",
    "novel_bigrams",
    "parse_brief",
    "plain_brief",
    "unsupported_names",
    "unsupported_numbers",
]

_CITATION = re.compile(r"\s*\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’')]*\s+(?=[A-Z\"“‘(\d])")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_TITLES = re.compile(
    r"\b(Mr|Mrs|Ms|Dr|Gen|Col|Lt|Maj|Capt|Sgt|Sen|Rep|Gov|St|Jan|Feb|Aug|Sept|Oct|Nov|Dec|No)\."
)
# Words that carry no fact of their own; a sentence that shares only these with its source is not supported by
# it.
_FUNCTION_WORDS = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "also",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "during",
        "each",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "more",
        "most",
        "no",
        "not",
        "of",
        "on",
        "one",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "said",
        "say",
        "saying",
        "says",
        "she",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "under",
        "until",
        "up",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whose",
        "will",
        "with",
        "would",
        "you",
        "added",
        "told",
        "told",
    ]
)
_MIN_SHARED = 2  # content words or numbers that a citation must share with its sentence
_MIN_COVERED = 0.4  # of a sentence's content words by all its citations together
_STEM = 4  # letters in which "Syrian" and "Syria", "Turkish" and "Turkey" agree


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """One sentence of a brief and the numbers (from 1) that it cites."""

    text: str
    cites: tuple[int, ...]


def parse_brief(brief: str) -> list[CitedSentence]:
    """Split a brief at its citations, and what has none at sentence ends.

    >>> parse_brief("Talks failed. [2,3] Both sides left. [5]")
    [CitedSentence(text='Talks failed.', cites=(2, 3)), CitedSentence(text='Both sides left.', cites=(5,))]
    """
    found = []
    place = 0
    for match in _CITATION.finditer(brief):
        cites = tuple(int(number) for number in match.group(1).split(","))
        *uncited, last = _sentences(brief[place : match.start()]) or [""]
        found += [CitedSentence(text, ()) for text in uncited]
        if last:
            found.append(CitedSentence(last, cites))
        elif found:
            found[-1] = CitedSentence(found[-1].text, (*found[-1].cites, *cites))
        place = match.end()
    return found + [CitedSentence(text, ()) for text in _sentences(brief[place:])]


def plain_brief(brief: str) -> str:
    """The brief without its citations."""
    return _CITATION.sub("", brief).strip()


def unsupported_numbers(case: Case, brief: str) -> tuple[int, int]:
    """Sentences with a number that the article lacks, and all sentences."""
    known = set().union(*(_values(text) for text in case.sentences))
    sentences = parse_brief(brief)
    bad = sum(
        any(
            q.in_digits and not any(v in known for v in q.readings)
            for q in find_quantities(s.text, arabic=False)
        )
        for s in sentences
    )
    return bad, len(sentences)


def unsupported_names(case: Case, brief: str) -> tuple[int, int]:
    """Sentences with a capitalised word that the article lacks, and all sentences."""
    article = " ".join(case.sentences)
    words = {word.casefold() for word in _words(article)}
    stems = {word[:_STEM].casefold() for word in _words(article) if word[0].isupper() and len(word) > _STEM}
    initials = _initials(article)
    sentences = parse_brief(brief)
    bad = sum(any(not _known(name, words, stems, initials) for name in _names(s.text)) for s in sentences)
    return bad, len(sentences)


def citation_hits(case: Case, brief: str) -> tuple[int, int]:
    """Citations whose sentence shares words or numbers with the brief's sentence, and all citations."""
    hits = total = 0
    for sentence in parse_brief(brief):
        facts = _content(sentence.text) | _values(sentence.text)
        for number in sentence.cites:
            total += 1
            if 1 <= number <= len(case.sentences):
                cited = case.sentences[number - 1]
                hits += len(facts & (_content(cited) | _values(cited))) >= min(_MIN_SHARED, len(facts))
    return hits, total


def cited_support(case: Case, brief: str) -> tuple[int, int]:
    """Sentences whose citations together cover their content and all their numbers, and all sentences."""
    sentences = parse_brief(brief)
    return sum(_covered(case, sentence) for sentence in sentences), len(sentences)


def novel_bigrams(case: Case, brief: str) -> tuple[int, int]:
    """Pairs of words that the article does not have, and all pairs."""
    known = set(_bigrams(" ".join(case.sentences)))
    pairs = _bigrams(plain_brief(brief))
    return sum(pair not in known for pair in pairs), len(pairs)


def compression(case: Case, brief: str) -> tuple[int, int]:
    """Words of the brief and of the article."""
    return len(plain_brief(brief).split()), sum(len(text.split()) for text in case.sentences)


def _covered(case: Case, sentence: CitedSentence) -> bool:
    cited = [case.sentences[n - 1] for n in sentence.cites if 1 <= n <= len(case.sentences)]
    content = _content(sentence.text)
    if not cited or not content:
        return False
    shared = content & set().union(*(_content(text) for text in cited))
    known = set().union(*(_values(text) for text in cited))
    numbers = [q for q in find_quantities(sentence.text, arabic=False) if q.in_digits]
    return len(shared) >= _MIN_COVERED * len(content) and all(
        any(v in known for v in q.readings) for q in numbers
    )


def _sentences(text: str) -> list[str]:
    # A protected full stop cannot end a sentence; the mark is one that no text contains.
    guarded = _TITLES.sub("\\1\0", text)
    return [part.replace("\0", ".").strip() for part in _SENTENCE_END.split(guarded) if part.strip()]


def _words(text: str) -> list[str]:
    return [re.sub(r"['’]s$", "", word) for word in _WORD.findall(text.replace(".", ""))]


def _values(text: str) -> set[object]:
    """Values of the numbers in a text, words included."""
    return {value for quantity in find_quantities(text, arabic=False) for value in quantity.readings}


def _content(text: str) -> set[object]:
    """Content words by their first letters, so that "resume" and "resumption" meet."""
    return {
        w[:5] for w in (word.casefold() for word in _words(text)) if w not in _FUNCTION_WORDS and len(w) > 2
    }


def _bigrams(text: str) -> list[tuple[str, str]]:
    words = [word.casefold() for word in _words(text)]
    return list(itertools.pairwise(words))


def _names(sentence: str) -> Sequence[str]:
    """Capitalised words; the first word of a sentence is one only when another follows it."""
    words = _words(sentence)
    caps = [word[0].isupper() for word in words]
    return [
        word
        for k, word in enumerate(words)
        if caps[k] and len(word) > 1 and (k > 0 or (len(words) > 1 and caps[1] and not _is_function(word)))
    ]


def _is_function(word: str) -> bool:
    return word.casefold() in _FUNCTION_WORDS


def _known(name: str, words: set[str], stems: set[str], initials: str) -> bool:
    folded = name.casefold()
    if folded in words or folded.removesuffix("s") in words or folded + "s" in words or folded == "i":
        return True
    parts = re.split(r"[-’']", folded)
    if len(parts) > 1 and all(part in words or len(part) <= 2 for part in parts):
        return True
    if len(name) > _STEM and folded[:_STEM] in stems:
        return True
    return name.isupper() and len(name) <= 6 and name in initials


def _initials(text: str) -> str:
    """The first letters of capitalised words in order: "United Nations" supports "UN"."""
    return "".join(word[0] for word in _words(text) if word[0].isupper())
