"""What is said aloud, held against readings that somebody else generated."""

import string

import pytest
from num2words import num2words

from queue_service import words
from queue_service.announcements import Spoken, kanji, spoken
from queue_service.office_files import read_office
from queue_service.offices import Office
from queue_service.tickets import Stage

NAMES = """
エー ビー シー ディー イー エフ ジー エイチ アイ ジェー ケー エル エム
エヌ オー ピー キュー アール エス ティー ユー ブイ ダブリュー エックス ワイ ゼット
"""
KANA = dict(zip(string.ascii_uppercase, NAMES.split(), strict=True))


def hall(*desks: str) -> Office:
    """An office with these desks, all on one floor unless they say otherwise."""
    lines = "\n".join(f"  - {{services: [certificates], {desk}}}" for desk in desks)
    return read_office(
        f"id: hall\ntimezone: Asia/Tokyo\n"
        f"services:\n  - {{id: certificates, prefix: A}}\ndesks:\n{lines}\n",
        "hall.yaml",
    )


ONE_DESK = hall('id: "3", name: {ja: 3番窓口, en: Desk 3}')


def said(desk: str, language: str = "ja", name: str = "") -> str:
    """The place as the short form has it, of a desk with this Japanese name."""
    office = hall(f'id: "{desk}", name: {{ja: "{name}"}}' if name else f'id: "{desk}"')
    return spoken(office, "A012", desk, Stage.RECEPTION, language).short


def test_a_call_is_one_polite_sentence() -> None:
    assert spoken(ONE_DESK, "A012", "3", Stage.RECEPTION, "ja") == Spoken(
        "ja", "番号札、エーの十二番の方、三番窓口へお越しください。", "エーの十二番、三番窓口。"
    )


def test_the_handover_says_that_the_documents_are_ready() -> None:
    assert spoken(ONE_DESK, "A012", "3", Stage.HANDOVER, "ja").text == (
        "番号札、エーの十二番の方、書類ができました。三番窓口へお越しください。"
    )


def test_plain_japanese_is_short_and_without_honorific_forms() -> None:
    assert spoken(ONE_DESK, "A012", "3", Stage.HANDOVER, "ja-easy").text == (
        "エーの 十二番の ひと。しょるいが できました。三番窓口に きて ください。"
    )


def test_english_spells_letters_and_keeps_figures() -> None:
    plain = hall('id: "3"')
    assert spoken(plain, "A012", "3", Stage.RECEPTION, "en") == Spoken(
        "en", "Ticket A 12, please come to desk 3.", "A 12, desk 3."
    )
    assert spoken(plain, "AB100", "3", Stage.RECEPTION, "en").short == "A B 100, desk 3."


@pytest.mark.parametrize("language", ["fr", "zh-Hant", "../en", ""])
def test_a_language_without_a_catalogue_gets_the_offices_own(language: str) -> None:
    assert spoken(ONE_DESK, "A012", "3", Stage.RECEPTION, language).language == "ja"


def test_every_catalogue_speaks() -> None:
    for language in words.languages():
        told = spoken(ONE_DESK, "Z999", "3", Stage.HANDOVER, language)
        assert told.language == language
        assert "{" not in told.text + told.short


def test_every_figure_is_written_as_an_independent_generator_writes_it() -> None:
    wrong = {n: kanji(n) for n in range(1, 10_000) if kanji(n) != num2words(n, lang="ja")}
    assert wrong == {}


def test_every_number_from_1_to_999_is_said_with_its_figure() -> None:
    for n in range(1, 1000):
        short = spoken(ONE_DESK, f"A{n:03}", "3", Stage.RECEPTION, "ja").short
        assert short == f"エーの{num2words(n, lang='ja')}番、三番窓口。"


@pytest.mark.parametrize("letter", string.ascii_uppercase)
def test_every_letter_is_said_by_its_name(letter: str) -> None:
    one = spoken(ONE_DESK, f"{letter}012", "3", Stage.RECEPTION, "ja").short
    two = spoken(ONE_DESK, f"{letter}A012", "3", Stage.RECEPTION, "ja-easy").short
    assert one.startswith(f"{KANA[letter]}の十二番、")
    assert two.startswith(f"{KANA[letter]}エーの 十二番、")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("1番窓口", "一番窓口"),
        ("21番窓口", "二十一番窓口"),
        ("０３番窓口", "三番窓口"),
        ("6番 交付窓口", "六番、交付窓口"),
        ("2-3番窓口", "二の三番窓口"),
        ("Ａ窓口", "エー窓口"),
        ("PC窓口", "ピーシー窓口"),
        ("国保・年金窓口", "国保、年金窓口"),
        ("相談室", "相談室"),
        ("（お渡し）", "三番窓口"),  # nothing but brackets: the id is the name
    ],
)
def test_a_desks_name_is_said_as_it_is_read(name: str, place: str) -> None:
    assert said("3", name=name) == f"エーの十二番、{place}。"


def test_brackets_are_said_before_the_desk_and_left_out_of_the_short_form() -> None:
    office = hall('id: "6", name: {ja: 6番 交付窓口（お渡し）, en: "Desk 6 – documents (east)"}')
    told = spoken(office, "A012", "6", Stage.RECEPTION, "ja")
    assert told.text == "番号札、エーの十二番の方、お渡しの六番、交付窓口へお越しください。"
    assert told.short == "エーの十二番、六番、交付窓口。"
    told = spoken(office, "A012", "6", Stage.RECEPTION, "en")
    assert told.text == "Ticket A 12, please come to Desk 6, documents, east."
    assert told.short == "A 12, Desk 6, documents."


@pytest.mark.parametrize(
    ("desk", "language", "place"),
    [
        ("3", "ja", "三番窓口"),
        ("3", "ja-easy", "三番の まどぐち"),
        ("3", "en", "desk 3"),
        ("soudan", "ja", "soudan"),
    ],
)
def test_a_desk_without_a_name_is_said_by_its_id(desk: str, language: str, place: str) -> None:
    assert place in said(desk, language)


def test_a_desk_that_is_gone_is_said_by_its_id() -> None:
    told = spoken(ONE_DESK, "A012", "9", Stage.RECEPTION, "ja")
    assert told.short == "エーの十二番、九番窓口。"


@pytest.mark.parametrize(
    ("zone", "japanese", "english"),
    [
        ("2F", "二階、三番窓口", "desk 3, floor 2"),
        ("12F", "十二階、三番窓口", "desk 3, floor 12"),
        ("B1F", "地下一階、三番窓口", "desk 3, basement floor 1"),
        ("B1", "地下一階、三番窓口", "desk 3, basement floor 1"),
        ("east", "east、三番窓口", "desk 3, east"),
    ],
)
def test_the_floor_is_said_where_there_is_more_than_one(
    zone: str, japanese: str, english: str
) -> None:
    office = hall(f'id: "3", zone: {zone}', 'id: "1", zone: 1F')
    told = spoken(office, "A012", "3", Stage.RECEPTION, "ja")
    assert told.text == f"番号札、エーの十二番の方、{japanese}へお越しください。"
    told = spoken(office, "A012", "3", Stage.RECEPTION, "en")
    assert told.text == f"Ticket A 12, please come to {english}."


def test_the_only_floor_there_is_goes_without_saying() -> None:
    office = hall('id: "3", zone: 2F', 'id: "1"')
    assert "二階" not in spoken(office, "A012", "3", Stage.RECEPTION, "ja").text
