"""Write datelines in English: `بيروت (رويترز) - ` becomes `BEIRUT (Reuters) -`.

In: a dateline as it stands, a function that knows more places. Out: English in agency style, or None when any
part of it is unknown, so that the model may try. Not here: finding datelines (documents.news).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from khabar_mt.arabic import normalise
from khabar_mt.months import AP_MONTHS, MONTH_NAMES

__all__ = ["english_dateline"]

_PLACES_TEXT = """\
نيويورك=New York|واشنطن=Washington|لندن=London|باريس=Paris|برلين=Berlin|روما=Rome|مدريد=Madrid|فيينا=Vienna
جنيف=Geneva|بروكسل=Brussels|لاهاي=The Hague|موسكو=Moscow|كييف=Kyiv|أنقرة=Ankara|اسطنبول=Istanbul
إسطنبول=Istanbul|طهران=Tehran|بغداد=Baghdad|البصرة=Basra|الموصل=Mosul|أربيل=Erbil|كركوك=Kirkuk|النجف=Najaf
كربلاء=Karbala|دمشق=Damascus|حلب=Aleppo|حمص=Homs|حماة=Hama|إدلب=Idlib|ادلب=Idlib|درعا=Daraa|الرقة=Raqqa
دير الزور=Deir al-Zor|اللاذقية=Latakia|بيروت=Beirut|طرابلس=Tripoli|صيدا=Sidon|صور=Tyre|عمان=Amman|عمّان=Amman
القدس=Jerusalem|القدس المحتلة=Jerusalem|رام الله=Ramallah|غزة=Gaza|قطاع غزة=Gaza Strip|نابلس=Nablus
الخليل=Hebron|جنين=Jenin|رفح=Rafah|خان يونس=Khan Younis|تل أبيب=Tel Aviv|تل ابيب=Tel Aviv|حيفا=Haifa
القاهرة=Cairo|الإسكندرية=Alexandria|العريش=El Arish|شرم الشيخ=Sharm el-Sheikh|السويس=Suez|الخرطوم=Khartoum
بورتسودان=Port Sudan|أم درمان=Omdurman|جوبا=Juba|الرياض=Riyadh|جدة=Jeddah|مكة=Mecca|مكة المكرمة=Mecca
المدينة المنورة=Medina|الدمام=Dammam|الكويت=Kuwait|الدوحة=Doha|المنامة=Manama|أبوظبي=Abu Dhabi
أبو ظبي=Abu Dhabi|دبي=Dubai|الشارقة=Sharjah|مسقط=Muscat|صنعاء=Sanaa|عدن=Aden|الحديدة=Hodeidah|تعز=Taiz
مأرب=Marib|طرابلس الغرب=Tripoli|بنغازي=Benghazi|سرت=Sirte|مصراتة=Misrata|تونس=Tunis|صفاقس=Sfax|سوسة=Sousse
الجزائر=Algiers|وهران=Oran|الرباط=Rabat|الدار البيضاء=Casablanca|مراكش=Marrakech|طنجة=Tangier|العيون=Laayoune
نواكشوط=Nouakchott|مقديشو=Mogadishu|جيبوتي=Djibouti|أديس أبابا=Addis Ababa|نيروبي=Nairobi|كابول=Kabul
كابل=Kabul|إسلام آباد=Islamabad|اسلام اباد=Islamabad|نيودلهي=New Delhi|بكين=Beijing|طوكيو=Tokyo|سول=Seoul
بيونغ يانغ=Pyongyang|هونغ كونغ=Hong Kong|سنغافورة=Singapore|جاكرتا=Jakarta|كوالالمبور=Kuala Lumpur
أثينا=Athens|نيقوسيا=Nicosia|بودابست=Budapest|وارسو=Warsaw|براغ=Prague|ستوكهولم=Stockholm|أوسلو=Oslo
كوبنهاغن=Copenhagen|هلسنكي=Helsinki|لشبونة=Lisbon|دبلن=Dublin|أوتاوا=Ottawa|مكسيكو=Mexico City
كراكاس=Caracas|هافانا=Havana|برازيليا=Brasilia|بوينس آيرس=Buenos Aires|كانبيرا=Canberra|سيدني=Sydney
باكو=Baku|يريفان=Yerevan|تبليسي=Tbilisi|أستانا=Astana|استانا=Astana|سوتشي=Sochi|ميونيخ=Munich|دافوس=Davos
الأمم المتحدة=United Nations|الامم المتحدة=United Nations"""
_COUNTRIES_TEXT = """\
سوريا=Syria|سورية=Syria|لبنان=Lebanon|الأردن=Jordan|العراق=Iraq|إيران=Iran|ايران=Iran|تركيا=Turkey|مصر=Egypt
ليبيا=Libya
تونس=Tunisia|الجزائر=Algeria|المغرب=Morocco|موريتانيا=Mauritania|السودان=Sudan|السعودية=Saudi Arabia
اليمن=Yemen|الإمارات=United Arab Emirates|قطر=Qatar|البحرين=Bahrain|الكويت=Kuwait|فلسطين=Palestine
الضفة الغربية=West Bank|إسرائيل=Israel|اسرائيل=Israel|الصومال=Somalia|إثيوبيا=Ethiopia|أفغانستان=Afghanistan
باكستان=Pakistan|الهند=India|الصين=China|روسيا=Russia|أوكرانيا=Ukraine|فرنسا=France|ألمانيا=Germany
المانيا=Germany|بريطانيا=Britain|إيطاليا=Italy|إسبانيا=Spain|اليونان=Greece|قبرص=Cyprus|سويسرا=Switzerland
الولايات المتحدة=United States|نيويورك=New York|الأمم المتحدة=United Nations"""
_AGENCIES_TEXT = """\
رويترز=Reuters|أ ف ب=AFP|ا ف ب=AFP|فرانس برس=AFP|وكالة فرانس برس=AFP|أ ب=AP|أسوشيتد برس=AP|اسوشيتد برس=AP
د ب أ=dpa|الأناضول=Anadolu|الاناضول=Anadolu|وكالة الأناضول=Anadolu|أ ش أ=MENA|شينخوا=Xinhua|سانا=SANA|واس=SPA
وام=WAM|كونا=KUNA|قنا=QNA|بترا=Petra|وفا=WAFA|سبوتنيك=Sputnik|تاس=TASS|إيلاف=Elaph|الجزيرة=Al Jazeera
الجزيرة نت=Al Jazeera|العربية=Al Arabiya|العربية نت=Al Arabiya|سكاي نيوز عربية=Sky News Arabia|بي بي سي=BBC
سي إن إن=CNN|الشرق الأوسط=Asharq Al-Awsat|الحياة=Al-Hayat|وكالات=Agencies|معا=Maan|سما=Sama
العربي الجديد=Al-Araby Al-Jadeed|القدس العربي=Al-Quds Al-Arabi|عربي21=Arabi21|UPI=UPI|AFP=AFP|AP=AP
Reuters=Reuters|يو بي آي=UPI|نوفوستي=Novosti|إنترفاكس=Interfax|بلومبرغ=Bloomberg|فارس=Fars|إرنا=IRNA"""


def _table(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for line in text.split("\n") for pair in line.split("|"))
    return {arabic: english for arabic, _, english in pairs}


_PLACES, _COUNTRIES, _AGENCIES = _table(_PLACES_TEXT), _table(_COUNTRIES_TEXT), _table(_AGENCIES_TEXT)
_PARTS = re.compile(r"\s*(?:[-\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}]|[(«\"\[)»\]:،,/])\s*")
_DATE = re.compile(
    r"^(?P<rest>.*?)\s*[،,]?\s*(?P<day>[0-9]{1,2}) (?P<month>[^\W\d_].*?)(?: (?P<year>[0-9]{4}))?$"
)
_SECOND_WORD = "(?: (?:[اأ]ول|ثاني|ال[اأ]ول|الثاني))?"
_TWO_MONTHS = re.compile(rf"([^\W\d_]+{_SECOND_WORD}) ?/ ?([^\W\d_]+{_SECOND_WORD})")
_NUMERIC_DATE = re.compile(r"(?<![0-9])([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})(?![0-9])")
_NAME_OF_MONTH = {number: name for name, number in reversed(MONTH_NAMES.items())}
_TATWEEL_DASH = re.compile(r"\s\N{ARABIC TATWEEL}+\s*$")  # some keyboards have no better dash
_FINAL_SEPARATOR = re.compile(r"[-\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}:/،]$")


def english_dateline(dateline: str, place: Callable[[str], str | None] = lambda _: None) -> str | None:
    """Translate a dateline.

    Args:
        dateline: as it stands in the article, with or without the space that follows.
        place: English of an Arabic place name that the table here lacks, e.g. from a glossary.

    Returns:
        Without a final space; None if a part is not known, or if no part is a place.

    >>> english_dateline("حلب (سوريا) 17 كانون الأول - ")
    'ALEPPO, Syria, Dec. 17 -'
    """
    text = normalise(_TATWEEL_DASH.sub(" -", dateline))
    closed = _FINAL_SEPARATOR.search(text) is not None
    places: list[str] = []
    countries: list[str] = []
    agency = date = ""
    for part in _parts(text):
        found = _AGENCIES.get(part) or _AGENCIES.get(part.replace(".", " ").strip().replace("  ", " "))
        english = _PLACES.get(part) or place(part)
        country = _COUNTRIES.get(part)
        if places and country and (part not in _PLACES or f"({part}" in text):
            countries.append(country)
        elif english and not (agency or date):
            places.append(english)
        elif country and not places:
            places.append(country)
        elif found and not agency:
            agency = found
        elif (written := _english_date(part)) and not date:
            date = written
        else:
            return None
    if not places or len(places) > 3:
        return None
    head = ", ".join(["/".join(name.upper() for name in places), *countries, *filter(None, [date])])
    if agency:
        head += f" ({agency})"
    return f"{head} -" if closed else head


def _parts(text: str) -> list[str]:
    """Names, agencies and dates of a dateline; `شباط/فبراير` stays one part."""
    merged = _TWO_MONTHS.sub(_merge_months, _NUMERIC_DATE.sub(_spell_month, text))
    parts: list[str] = []
    for part in _PARTS.split(merged):
        match = _DATE.match(part)
        if match and _month(match["month"]):
            if match["rest"].strip():
                parts.append(match["rest"].strip())
            parts.append(part[len(match["rest"]) :].strip())
        elif part.strip(" ."):
            parts.append(part.strip())
    return parts


def _merge_months(match: re.Match[str]) -> str:
    """Keep the second of two names of one month; leave anything else as it is."""
    first, second = _month(match.group(1)), _month(match.group(2))
    return match.group(2) if first is not None and first == second else match.group()


def _spell_month(match: re.Match[str]) -> str:
    """`10/12/2016` to `10 ديسمبر 2016`, because the separator separates parts, too."""
    day, month, year = map(int, match.groups())
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match.group()
    return f"{day} {_NAME_OF_MONTH[month]} {year}"


def _month(name: str) -> int | None:
    return MONTH_NAMES.get(name.strip())


def _english_date(text: str) -> str | None:
    """`17 كانون الأول 2016` to `Dec. 17, 2016`."""
    match = _DATE.match(text)
    month = _month(match["month"]) if match else None
    if match is None or month is None or match["rest"].strip():
        return None
    year = f", {match['year']}" if match["year"] else ""
    return f"{AP_MONTHS[month - 1]} {int(match['day'])}{year}"
