"""Hold a written sentence against the sentences that it cites.

In: the source sentences of an article, a written sentence, the citations that its writer gave. Out: a
`Verdict`: the citations that support it, how much of it they cover, and one `Check` each for names, numbers,
dates, quotations, negation, roles, places and content. Not here: what to do about a sentence that fails
(drafting).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from khabar_core.records import Check
from khabar_summarize import checks
from khabar_summarize.analysis import Analysis, Unit, analyse
from khabar_summarize.names import same_word
from khabar_summarize.second_opinion import Scorer, second_opinion
from khabar_summarize.sources import SourceSentence

__all__ = ["SOFT_CHECKS", "Verdict", "Verifier"]

MAX_CITES = 4  # that are searched for; a writer may give more
_MAX_PROPOSED = 6
SOFT_CHECKS = ("negation", "roles", "places")  # they judge by words in the neighbourhood
_BACK = 3  # sentences before a pronoun in which its name is looked for
_PRONOUN = re.compile(r"\b(?:he|she|it|they|we|I|his|her|its|their|our|him|them)\b", re.IGNORECASE)
# A further citation must cover this share of the sentence, or a name or figure that is still open.
_LEAST_GAIN = 0.12
_LEAST_PLACE = 0.25  # of the words around a name or figure that such a citation must have around it too
_LEAST_SHARED = 2  # units that a citation must share with the sentence to be added for one name or figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one written sentence.

    Attributes:
        cites: indices of the supporting source sentences, most important first; empty when nothing supports
        it. support: 0..1, the weighted share of its content that the cited sentences contain.
        checks: one for each kind of fact.
    """

    cites: tuple[int, ...]
    support: float
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether it has support and every check is satisfied."""
        return bool(self.cites) and all(check.passed for check in self.checks)

    @property
    def doubtful(self) -> bool:
        """Whether nothing failed but checks that judge by the words around: a model may know better."""
        return bool(self.cites) and bool(self.failures) and all(c.name in SOFT_CHECKS for c in self.failures)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that it did not pass."""
        return tuple(check for check in self.checks if not check.passed)


class Verifier:
    """Checks sentences against one pool of source sentences.

    Args:
        sources: all sentences of the article, in reading order.
        equivalents: see `khabar_summarize.sources.equivalents_of`.
    """

    def __init__(
        self, sources: Sequence[SourceSentence], equivalents: Mapping[str, str] | None = None
    ) -> None:
        self.sources = tuple(sources)
        self._equivalents = dict(equivalents or {})
        self._analyses = [analyse(source.text, self._equivalents) for source in self.sources]
        postings: dict[str, set[int]] = {}
        for i, analysis in enumerate(self._analyses):
            for unit in analysis.units:
                postings.setdefault(unit.key, set()).add(i)
        self._postings = {key: frozenset(indices) for key, indices in postings.items()}
        self._holding: dict[tuple[str, bool], frozenset[int]] = {}
        self._article = checks.ArticleFacts.of(self._analyses)

    def check(
        self, text: str, proposed: Sequence[int] = (), *, within: Collection[int] | None = None
    ) -> Verdict:
        """Align a sentence and check it.

        Args:
            text: the written sentence, without citation marks.
            proposed: indices that its writer cited; wrong ones are dropped, missing ones added.
            within: what its writer has seen; nothing else can support it. None for everything.
        """
        written = analyse(text, self._equivalents)
        cites = self._align(written, proposed, within)
        cited = [self._analyses[i] for i in cites]
        support = self._support(written, cites)
        seen = self._article
        if within is not None:
            seen = checks.ArticleFacts.of([self._analyses[i] for i in within])
        results = (
            checks.check_names(written, cited, self._article),
            checks.check_numbers(written, cited),
            checks.check_dates(written, cited),
            checks.check_quotes(written, cited),
            checks.check_negation(written, cited),
            checks.check_roles(written, cited),
            checks.check_places(written, cited),
            checks.check_content(written, cited, support, seen),
        )
        return Verdict(cites=cites, support=support, checks=results)

    def check_by_model(self, text: str, verdict: Verdict, engine: Scorer) -> Verdict:
        """Add the model's opinion to a verdict; where it can judge, it overrules the soft checks."""
        written = analyse(text, self._equivalents)
        cited = [self._analyses[i] for i in verdict.cites]
        opinion = second_opinion(engine, written, cited, doubted=verdict.doubtful)
        if opinion is None:
            return verdict
        settled = tuple(
            replace(check, passed=True, detail=f"settled by the model: {check.detail}")
            if opinion.passed and not check.passed and check.name in SOFT_CHECKS
            else check
            for check in verdict.checks
        )
        return replace(verdict, checks=(*settled, opinion))

    def _align(
        self, written: Analysis, proposed: Sequence[int], within: Collection[int] | None
    ) -> tuple[int, ...]:
        """The citations: those proposed that share content, and those needed for what is still open."""
        mine = [unit for unit in written.units if unit.weight]
        chosen = [i for i in dict.fromkeys(proposed) if 0 <= i < len(self.sources) and self._shared(mine, i)]
        chosen = chosen[:_MAX_PROPOSED]
        total = sum(unit.weight for unit in mine) or 1.0
        refused: set[int] = set()
        while len(chosen) < MAX_CITES:
            open_units = [unit for unit in mine if not self._covered(unit, chosen)]
            touched = set().union(*(self._holders(unit) for unit in open_units)) - set(chosen) - refused
            if within is not None:
                touched &= set(within)
            best = max(sorted(touched), key=lambda i: self._gain(open_units, i), default=None)
            if best is None:
                break
            gain = self._gain(open_units, best)
            facts = [u for u in open_units if u.kind != "word" and best in self._holders(u)]
            enough = gain / total >= _LEAST_GAIN and (chosen == [] or len(open_units) > 1)
            if not gain or not (enough or (facts and len(self._shared(mine, best)) > _LEAST_SHARED)):
                break
            # A sentence that merely has the same name or number does not support what is said of it here.
            if facts and chosen and not any(self._in_place(written, unit, best) for unit in facts):
                refused.add(best)
                continue
            chosen.append(best)
        if within is None:
            chosen += self._antecedents(mine, chosen)
        return tuple(sorted(chosen, key=lambda i: -self._gain(mine, i)))

    def _antecedents(self, mine: Sequence[Unit], chosen: Sequence[int]) -> list[int]:
        """Sentences shortly before a cited one with a pronoun, where the name stands that it means."""
        found: list[int] = []
        for unit in mine:
            if unit.kind != "name" or self._covered(unit, [*chosen, *found]):
                continue
            before = [
                i
                for cite in chosen
                if _PRONOUN.search(self.sources[cite].text)
                for i in range(cite - 1, max(-1, cite - 1 - _BACK), -1)
                if i in self._holders(unit) and self.sources[i].article == self.sources[cite].article
            ]
            found += before[:1]
        return list(dict.fromkeys(found))

    def _shared(self, units: Iterable[Unit], index: int) -> list[Unit]:
        return [unit for unit in units if index in self._holders(unit)]

    def _gain(self, units: Iterable[Unit], index: int) -> float:
        return sum(unit.weight for unit in units if index in self._holders(unit))

    def _holders(self, unit: Unit) -> frozenset[int]:
        """Indices of the source sentences that have a unit; names also in other spellings."""
        known = self._holding.get((unit.key, unit.kind == "name"))
        if known is None:
            known = self._postings.get(unit.key, frozenset())
            if unit.kind == "name":
                spelled = {
                    key for key in self._article.all_names if key != unit.key and same_word(unit.key, [key])
                }
                known = known.union(*(self._postings.get(key, frozenset()) for key in spelled))
            self._holding[unit.key, unit.kind == "name"] = known
        return known

    def _covered(self, unit: Unit, cites: Iterable[int]) -> bool:
        return not self._holders(unit).isdisjoint(cites)

    def _in_place(self, written: Analysis, unit: Unit, index: int) -> bool:
        """Whether a name or figure stands among the same words in the written and in a source sentence."""
        return checks.place_share(written, unit, self._analyses[index]) >= _LEAST_PLACE

    def _support(self, written: Analysis, cites: Sequence[int]) -> float:
        total = sum(unit.weight for unit in written.units)
        if not total:
            return 0.0
        return round(sum(u.weight for u in written.units if self._covered(u, cites)) / total, 4)
