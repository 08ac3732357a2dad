"""The words that decide whether a change to a sentence is safe: lists only, in lower case.

In: nothing. Out: sets, maps and patterns of English words. Not here: comparing sentences (edits).
"""

from __future__ import annotations

import re

from khabar_summarize.english import word_map, word_set

FREE = word_set("a an the that")  # words that carry no claim: they may come and go
SPELT = (  # of two ways to write the same, the one that is compared
    (re.compile(r"\bcan't\b|\bcannot\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b([\d.,]+(?: [mbtr]+illion)?) (?:US )?dollars\b"), r"$\1"),
    (re.compile(r"\b([Mm]inist(?:ry|er)) of (?:the )?([A-Z][a-z]+)(?! and\b)\b"), r"\2 \1"),
    (re.compile(r"\b[Pp]er ?cent\b"), "percent"),
    (re.compile(r"\bthe beginning\b"), "the start"),
    (re.compile(r"\baffiliated (?:with|to)\b"), "linked to"),
    (re.compile(r"\ba meeting (?=between\b|with\b)"), "talks "),
    (re.compile(r"(?<=for )meeting (?=between\b)"), "talks "),
    (re.compile(r"(?<=\w)is(e[ds]?|ing|ations?|ational)\b"), r"iz\1"),
    (re.compile(r"\b[Bb]een attacked\b"), "come under attack"),
    (re.compile(r"^[A-Z]\w+(?: [A-Z]\w+)?(?: \([^)]*\))? [-–—] (?=(?:\S+ ){8})"), ""),
)
SAYING = word_set(
    """
    said says say affirmed stated announced added stressed noted explained declared revealed indicated
    reported emphasised emphasized considered confirmed reiterated continued mentioned insisted replied
    underlined affirms states announces declares reports
    """
)
TELLING = word_set("saying adding noting stressing explaining stating affirming emphasizing")
PLAIN = word_set("said says say stated saying adding")  # what they may become
SAME = word_map(
    """
    whereas:while nearly:almost u.s:us u.n:un began:started
    begun:started injured:wounded till:until tonnes:tons centre:center defence:defense programme:program
    were:was are:is toward:towards
    """
)
ABOUT = word_set("about around approximately")
# After "have" as in a plain past: "has fallen" is "fell", "has met" is "met".
PAST = word_map(
    """
    fallen:fell taken:took given:gave begun:started gone:went broken:broke seen:saw shown:showed
    driven:drove written:wrote spoken:spoke chosen:chose withdrawn:withdrew grown:grew thrown:threw
    risen:rose become:became come:came left:left met:met held:held said:say told:told made:made lost:lost
    found:found sent:sent shot:shot led:led won:won paid:paid struck:struck hit:hit cut:cut put:put
    kept:kept brought:brought built:built bought:bought sold:sold
    """
)
VERBS = word_set("was is has have had will would can could may might must do does did tells") | set(
    PAST.values()
)
COUNTS = word_set("a an one the this that each every another")
PASTS = frozenset(PAST.values()) | {"was"}
MODALS = word_set("will would can could may might must shall should")
BETWEEN = word_set("not also already since yet never now just")
DAYS = word_set("monday tuesday wednesday thursday friday saturday sunday yesterday today")
TIMES = word_set("night morning evening afternoon and or to")
PREPOSITIONS = word_set(
    """
    of in on at to from by with for into onto over under about against between among through during before
    after since until towards across near within without behind off via per
    """
)
# Left out wherever it stands, if nothing is denied by it; the second kind beside a verb of saying only.
IDLE = re.compile(
    r"for (?:its|his|her|their) part|in turn|in this context|in (?:the )?same context|in fact|as well|however"
    r"|meanwhile|moreover|furthermore|on other hand|once again|again|once more|very|highly|in order"
    r"|respectively|currently|at present|already|officially|urgently|also|thus"
)
WHERE_SAID = re.compile(
    r"in (?:press )?statement|in tweet|in series of tweets"
    r"|(?:at|in|during) (?:later )?(?:press|news) conference"
)
TITLES = word_set(
    """
    president minister secretary general ambassador king prince sheikh chancellor premier senator governor
    mayor lieutenant colonel captain brigadier spokesman spokeswoman mr mrs ms dr sir secretary-general
    chief director envoy leader commander justice judge
    """
)
NATIONS = word_set(
    """
    us u.s american russian turkish french british german iranian iraqi syrian israeli lebanese egyptian saudi
    yemeni libyan sudanese jordanian palestinian qatari ukrainian chinese north south korean
    """
)
OFFICES = word_set("of state for affairs defense interior foreign prime special treasury")
KINDS = word_set("former late vice deputy acting ex then interim self-styled would-be assistant")
MADE = word_set("became become as elected named appointed called")
THINGS = word_set(  # named after somebody
    "bridge base street airport hospital university school mosque square camp city center dam company motors"
    " works bank party"
)
# What widens when something is left out, so that a true sentence may become false.
WIDENS = word_set(
    """
    no not never nobody none nothing without only first last most least every all each any if unless whether
    few neither nor
    """
)
# A part with one of these limits or takes back what is said.
LIMITS = word_set(
    """
    if unless provided except only not no never nor none neither nobody nothing without until but although
    though despite even whether when once pending assuming otherwise long soon however contrary instead
    unlike excluding sparing barring depending failing lacking besides notwithstanding minus subject
    according told claimed alleged allegedly reportedly supposedly apparently perhaps possibly probably
    denied denies denying rejected dismissed disputed false falsely untrue wrong wrongly retracted withdrew
    would will could may might can must should
    """
)
RELATIVES = word_set("which who whose where")
# A part at the end that begins so can go with everything behind it.
TAILS = RELATIVES | TELLING | word_set("while as after following amid including")
PARTICIPLES = word_set("led known backed based located founded headed")
LOOSE = word_set("and but while as after saying in on including")  # a comma before these is a matter of taste
PRONOUNS = word_set("he she it they")
