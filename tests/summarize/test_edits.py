"""Changes that leave a true sentence true, and changes that may not."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from khabar_summarize.edits import unsafe_change

# Source, written.
SAFE = [
    # The article, the tense of reported speech, spelling, contractions.
    ("The ferry sank off the island.", "A ferry sank off the island."),
    ("The rebels had left the town.", "The rebels left the town."),
    ("The dam has flooded, engineers said.", "The dam flooded, engineers said."),
    ("Prices had fallen to 30 dinars.", "Prices fell to 30 dinars."),
    ("The union has called off the strike.", "The union called off the strike."),
    ("Ten houses had been destroyed.", "Ten houses were destroyed."),
    ("The judge didn't free the baker.", "The judge did not free the baker."),
    ("The miners can't leave the shaft.", "The miners cannot leave the shaft."),
    ("The organisation paid 40 dollars a head.", "The organization paid $40 a head."),
    ("Around 30 goats died.", "About 30 goats died."),
    ("Nine divers were injured.", "Nine divers were wounded."),
    ("The plant had resumed operation.", "The plant had resumed operations."),
    ("The Ministry of Health closed two wards.", "The Health Ministry closed two wards."),
    ("Over 300 tents burned.", "More than 300 tents burned."),
    # Verbs of saying.
    ("The mayor stressed that the bridge was safe.", "The mayor said that the bridge was safe."),
    ("The mayor announced on Sunday that the bridge was safe.", "The mayor said the bridge was safe."),
    ("The mayor told reporters that the bridge was safe.", "The mayor said the bridge was safe."),
    ("The bridge was safe, the mayor explained.", "The bridge was safe, the mayor said."),
    ("The mayor left, adding that he was ill.", "The mayor left, saying he was ill."),
    ("The mayor left, saying that Aden was calm.", "The mayor left and said that Aden was calm."),
    # The attribution's place.
    ("The bridge was safe, the mayor said.", "The mayor said the bridge was safe."),
    ("The mayor said that the bridge was safe.", "The bridge was safe, the mayor said."),
    ("The bridge was safe, said the mayor.", "The mayor said the bridge was safe."),
    ("The bridge was safe, the mayor said in a statement.", "The mayor said the bridge was safe."),
    # Asides.
    ("The mayor said in a statement that the bridge was safe.", "The mayor said the bridge was safe."),
    ("The army, for its part, said that it was ready.", "The army said it was ready."),
    ("The strike, however, went on.", "The strike went on."),
    ("The strike is currently in its third week.", "The strike is in its third week."),
    ("The road had already flooded.", "The road flooded."),
    ("A number of bakers went home.", "Bakers went home."),
    (
        "Damascus - The three largest bakeries of the old town closed.",
        "The three largest bakeries of the old town closed.",
    ),
    ("The envoy met the rebels on Tuesday.", "The envoy met the rebels."),
    ("No baker was paid, the union said on Friday.", "No baker was paid, the union said."),
    ("The prisoners have not yet come home.", "The prisoners have not come home."),
    # Titles.
    ("President Karim Haddad flew to Doha.", "Karim Haddad flew to Doha."),
    ("President Karim Haddad flew to Doha.", "President Haddad flew to Doha."),
    ("Secretary of State Mary Stone flew to Doha.", "Mary Stone flew to Doha."),
    ("Former President Karim Haddad flew to Doha.", "Karim Haddad flew to Doha."),
    ("The Turkish Foreign Minister Cem Aydin said so.", "Foreign Minister Cem Aydin said so."),
    ("Talks with the governor, Karim Haddad, failed.", "Talks with Karim Haddad failed."),
    ("The bank's governor, Karim Haddad, resigned.", "Karim Haddad resigned."),
    ("Chief Haddad said the road was open.", "Haddad said the road was open."),
    ("He called for a meeting between the unions.", "He called for talks between the unions."),
    # Bounded parts that add something.
    ("Karim Haddad, a former judge, resigned.", "Karim Haddad resigned."),
    ("The governor, Karim Haddad, resigned.", "The governor resigned."),
    ("The bank, which lends to farmers, closed.", "The bank closed."),
    ("The bomb killed 12 people, including two nurses.", "The bomb killed 12 people."),
    ("The lorry hit a wall, killing two men.", "The lorry hit a wall."),
    ("The bridge fell, while the road held.", "The bridge fell."),
    ("Rebels shelled the town after talks broke down.", "Rebels shelled the town."),
    ("The mayor said the road was open, and that the bridge held.", "The mayor said the road was open."),
    ("It came from the union and not from the owners.", "It came from the union, not the owners."),
    ("The brigade, which is based in Tobruk, left.", "The brigade, based in Tobruk, left."),
    ("Rebels shelled Edlib.", "Rebels shelled Idlib."),
    ("The bombs fell on camps as well as barracks.", "The bombs fell on camps and barracks."),
]
UNSAFE = [
    # What limits the claim.
    ("Residents of the northern districts must leave.", "Residents must leave."),
    ("The second bridge fell.", "The bridge fell."),
    ("Suspected rebels burned a school.", "Rebels burned a school."),
    ("The soldiers who fled were shot.", "The soldiers were shot."),
    ("The wells that the charity dug are dry.", "The wells are dry."),
    ("Prices doubled in the camps.", "Prices doubled."),
    ("In the south, prices doubled.", "Prices doubled."),
    ("The ousted minister returned.", "The minister returned."),
    ("The death rates rose.", "The deaths rose."),
    ("Nearly all bakeries closed.", "All bakeries closed."),
    ("Only two bakeries closed.", "Two bakeries closed."),
    ("The army nearly took the hill.", "The army took the hill."),
    ("It is too weak to sail.", "It is weak to sail."),
    ("Few voters came.", "A few voters came."),
    ("The number of goats fell.", "Goats fell."),
    ("The first strike on Monday failed.", "The first strike failed."),
    ("No shop opened on Monday.", "No shop opened."),
    ("The army did not fire on Monday.", "The army did not fire."),
    ("The state is not officially recognised.", "The state is not recognised."),
    ("The truce ends before Friday.", "The truce ends before."),
    ("Police fired on strikers.", "Police fired strikers."),
    # Prepositions, objects, voice, tense, number.
    ("Oil was pumped in the first stage.", "Oil was pumped into the first stage."),
    ("Shells fell near the camp.", "Shells fell in the camp."),
    ("Rebels fired at the convoy.", "Rebels fired from the convoy."),
    ("The attack on Marib failed.", "The attack in Marib failed."),
    ("Oil flowed through the pipe to the port.", "Oil flowed through the port."),
    ("Two died on the way to the clinic in Sirte.", "Two died on the way to Sirte."),
    ("The army attacked the rebels.", "The rebels attacked the army."),
    ("The army was attacked by the rebels.", "The army attacked the rebels."),
    ("The army was attacked by rebels.", "The army attacked by rebels."),
    ("Six bodies were recovered.", "Six bodies have recovered."),
    ("The rebels had been shelled.", "The rebels had shelled."),
    ("The general was taken.", "The general took."),
    ("The judge is chairman of the bank.", "The judge was chairman of the bank."),
    ("The judge has been chairman since May.", "The judge was chairman since May."),
    ("The road will open.", "The road opened."),
    ("The army attacked Tobruk.", "The army attacks Tobruk."),
    ("A guard was shot.", "Guards were shot."),
    ("The guard was shot.", "The guards were shot."),
    ("The court tightened control of recruiters.", "The court tightened control of recruits."),
    ("The employers left.", "The employees left."),
    ("Tighter control was ordered.", "Tight control was ordered."),
    # Attribution, condition, denial, doubt.
    ("The bridge was safe, the mayor said.", "The bridge was safe."),
    ("The mayor said that the bridge was safe.", "The bridge was safe."),
    ("According to the mayor, the bridge was safe.", "The bridge was safe."),
    ("The bridge was safe, according to the mayor.", "The bridge was safe."),
    ("The mayor said that the bridge was safe.", "The mayor confirmed that the bridge was safe."),
    ("The army considered a retreat.", "The army said a retreat."),
    ("The army continued shelling the town.", "The army said shelling the town."),
    ("The mayor left, the guard said.", "The mayor said the guard left."),
    ("The mayor said the guard left.", "The mayor, said the guard, left."),
    ("The mayor, said the guard, left.", "The mayor said the guard left."),
    ("The mayor, the guard said, left.", "The mayor left."),
    ("The union will strike if talks fail.", "The union will strike."),
    ("The union will strike, unless talks succeed.", "The union will strike."),
    ("If talks fail, the union will strike.", "The union will strike."),
    ("The rebels will leave after a truce is signed.", "The rebels will leave."),
    ("The judge didn't free the baker.", "The judge freed the baker."),
    ("The judge didn't free the baker.", "The judge did free the baker."),
    ("The mayor cannot resign.", "The mayor can resign."),
    ("The report, which the army denied, named two men.", "The report named two men."),
    ("Karim Haddad, not his brother, resigned.", "Karim Haddad, his brother, resigned."),
    ("The mayor, who has not resigned, is in Doha.", "The mayor, who has resigned, is in Doha."),
    ("The plan, never signed, was leaked.", "The plan was leaked."),
    ("The army may withdraw.", "The army will withdraw."),
    ("The mayor said he would stay, but fled.", "The mayor said he would stay."),
    ("It is not a truce but a surrender.", "It is not a truce and a surrender."),
    ("The army fled, a rebel claimed.", "The army fled."),
    ("The army denied that it shelled Aden.", "The army said that it shelled Aden."),
    ("The union strikes, failing a deal.", "The union strikes."),
    ("The army took the town, barring two streets.", "The army took the town."),
    # Days that limit.
    ("Shops may open on Sunday.", "Shops may open."),
    ("Banks close on Friday.", "Banks close."),
    ("A ban on Sunday trading was lifted.", "A ban trading was lifted."),
    ("Rebels who surrendered on Monday were freed.", "Rebels who surrendered were freed."),
    ("He said on Monday, not Tuesday, that it fell.", "He said, not Tuesday, that it fell."),
    # Lists, clauses, referents.
    ("Russia, China, Iran and Oman signed.", "Russia, Iran and Oman signed."),
    ("Russia, China, and Oman signed.", "Russia, and Oman signed."),
    ("A bus, a car, a van and a tank burned.", "A bus, a van and a tank burned."),
    ("The minister and the general were shot.", "The minister was shot."),
    ("Haddad, a judge, left, and Aydin, a baker, stayed.", "Haddad, a baker, stayed."),
    (
        "The rebels lost two tanks, and the army captured a drone.",
        "The rebels lost two tanks and captured a drone.",
    ),
    ("Stone fired Haddad, and he criticised Haddad for the leak.", "Stone fired Haddad for the leak."),
    ("The station draws from the river and is the main source.", "The river is the main source."),
    ("The governor, Karim Haddad, resigned.", "The governor and Karim Haddad resigned."),
    ("The passengers, who were ill, went home.", "The passengers who were ill went home."),
    (
        "The clinic treats 100 people a day, twice its capacity.",
        "The clinic treats 100 people a day twice its capacity.",
    ),
    # Names and titles.
    ("President Karim Haddad flew to Doha.", "President Cem Aydin flew to Doha."),
    ("Jamal Haddad flew to Doha.", "Jamil Haddad flew to Doha."),
    ("Sultan Haddad flew to Oman.", "Sultan Haddad flew to Yemen."),
    ("Secretary of the Navy Dan Reed was fired by Mary Stone.", "Mary Stone was fired by Dan Reed."),
    ("Former President Karim Haddad flew to Doha.", "President Karim Haddad flew to Doha."),
    ("Vice President Karim Haddad flew to Doha.", "President Karim Haddad flew to Doha."),
    ("Deputy Prime Minister Cem Aydin left.", "Prime Minister Cem Aydin left."),
    ("The late President Karim Haddad built the dam.", "President Karim Haddad built the dam."),
    ("The American President and Karim Haddad met.", "The President and Karim Haddad met."),
    ("The governor, Karim Haddad, and Cem Aydin met.", "Karim Haddad, and Cem Aydin met."),
    ("The wife of the governor, Karim Haddad, left.", "Karim Haddad left."),
    ("The Prime Minister's envoy Karim Haddad left.", "The Prime Minister's Karim Haddad left."),
    ("South Sudan shut the border.", "Sudan shut the border."),
    ("West Darfur shut its schools.", "Darfur shut its schools."),
    ("Syrian Kurds marched.", "Kurds marched."),
    ("King Hussein Bridge reopened.", "Hussein Bridge reopened."),
    ("The Popular Front Party split.", "The Front Party split."),
    ("The policy is closer to Haddad's.", "The policy is closer to Haddad."),
    # Quotes and numbers.
    ('The "spy" was freed.', "The spy was freed."),
    ("The spy was freed.", 'The "spy" was freed.'),
    ("The 'spy' was freed.", "The spy was freed."),
    ("The bomb killed 12 people.", "The bomb killed 21 people."),
    ("The bomb killed 12 people.", "The bomb killed people."),
    ("It cost $30 million.", "It cost $30 billion."),
    ("More than 30 goats died.", "Fewer than 30 goats died."),
    ("It fell by 30 percent.", "It fell to 30 percent."),
    ("Prices rose from 3 to 9 dinars.", "Prices rose to 9 dinars."),
    # Nothing, or something else.
    ("The port reopened.", ""),
    ("The port reopened.", "..."),
    ("", "The port reopened."),
    ("The port reopened.", "The old port reopened."),
    ("The port reopened.", "The port said reopened."),
]


@pytest.mark.parametrize(("source", "written"), SAFE)
def test_a_change_that_leaves_a_true_sentence_true_passes(source: str, written: str) -> None:
    assert unsafe_change(source, written) == ""


@pytest.mark.parametrize(("source", "written"), UNSAFE)
def test_a_change_that_may_alter_the_meaning_is_named(source: str, written: str) -> None:
    assert unsafe_change(source, written)


@pytest.mark.parametrize(
    ("before", "written", "safe"),
    [
        ("Envoy Cem Aydin landed in Sanaa.", "Cem Aydin said the road was open.", True),
        ("The envoy landed in Sanaa.", "The envoy said the road was open.", True),
        ("The road is long. Envoy Cem Aydin drove it.", "Cem Aydin said the road was open.", False),
        ("Cem Aydin met the minister.", "Cem Aydin said the road was open.", False),
        ("Cem Aydin met the minister.", "The minister said the road was open.", False),
        ("Cem Aydin met Karim Haddad.", "Karim Haddad said the road was open.", False),
        ("Cem Aydin of Oman landed.", "Oman said the road was open.", False),
        ("Envoy Cem Aydin landed in Sanaa.", "Karim Haddad said the road was open.", False),
        ("", "Cem Aydin said the road was open.", False),
    ],
)
def test_a_pronoun_gives_way_only_to_the_one_it_must_mean(before: str, written: str, safe: bool) -> None:
    assert (unsafe_change("He said the road was open.", written, before) == "") is safe


WORDS = [
    "ministry",
    "harbour",
    "bakers",
    "flooded",
    "twelve",
    "denied",
    "carefully",
    "rebels",
    "Aden",
    "under",
]
PLAIN = st.lists(st.sampled_from(WORDS), min_size=2, max_size=12, unique=True)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
@example("\u202eLatakia\u0007 \ufffd\u2028 said")
@example("\u0130stanbul \u00df \ufb01re \u0661\u0662 \U0001f600")
@example('"')
def test_any_text_equals_itself_and_no_text_is_an_error(text: str) -> None:
    assert unsafe_change(text, text, text) == ""
    assert isinstance(unsafe_change(text, f"{text} said the mayor.", "The mayor left."), str)
    assert isinstance(unsafe_change(f"The port reopened, {text}", "The port reopened."), str)


@settings(max_examples=150, deadline=None)
@given(words=PLAIN, data=st.data())
def test_a_content_word_left_out_or_put_in_is_unsafe(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(words) - 1))
    whole, part = " ".join(words), " ".join(words[:place] + words[place + 1 :])
    assert unsafe_change(f"{whole}.", f"{part}.")
    assert unsafe_change(f"{part}.", f"{whole}.")
    aside = "Karim Haddad, a former judge, saw"
    assert unsafe_change(f"{aside} {whole}.", f"Karim Haddad saw {part}.")


@pytest.mark.parametrize("text", ["", " ", "...", '"', "\u200f\u202e", "!?,;", "- - -"])
def test_what_has_no_words_tells_nothing(text: str) -> None:
    assert unsafe_change(text, text) == ""
    assert unsafe_change("The port reopened.", text)


@pytest.mark.parametrize("text", ["goat " * 5000, "a, " * 5000, ", x said" * 2500, '"' * 5000, "n't" * 5000])
def test_a_long_text_takes_no_long_time(text: str) -> None:
    start = time.process_time()
    assert unsafe_change(text, text) == ""
    assert isinstance(unsafe_change(text, f"The port {text}"), str)
    assert isinstance(unsafe_change("The port reopened.", text, text), str)
    assert time.process_time() - start < 2
