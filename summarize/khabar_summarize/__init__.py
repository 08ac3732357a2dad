"""Briefs that can be checked: selection, writing, verification.

In: translated (or English) articles. Out: `Briefing` records whose sentences cite segments. Not here:
translation, the command line.
"""

from khabar_summarize.options import BriefOptions
from khabar_summarize.sources import english_article
from khabar_summarize.summarizer import Summarizer
from khabar_summarize.verify import Verdict, Verifier

__all__ = ["BriefOptions", "Summarizer", "Verdict", "Verifier", "english_article"]
