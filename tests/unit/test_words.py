"""The catalogues: every language says the same things, with the same places to fill in."""

import json
import re
from pathlib import Path

import pytest

from queue_service import words

PAGES = Path(__file__).parents[2] / "display"
# The kanji that Japanese schools teach in the first two years; what is plain stays within them.
SCHOOL = set(
    "一右雨円王音下火花貝学気九休玉金空月犬見五口校左三山子四糸字耳七車手十出女小上森人水正生青夕石赤千川先"
    "早草足村大男竹中虫町天田土二日入年白八百文木本名目立力林六引羽雲園遠何科夏家歌画回会海絵外角楽活間丸岩"
    "顔汽記帰弓牛魚京強教近兄形計元言原戸古午後語工公広交光考行高黄合谷国黒今才細作算止市矢姉思紙寺自時室社"
    "弱首秋週春書少場色食心新親図数西声星晴切雪船線前組走多太体台地池知茶昼長鳥朝直通弟店点電刀冬当東答頭同"
    "道読内南肉馬売買麦半番父風分聞米歩母方北毎妹万明鳴毛門夜野友用曜来里理話"
)
FORMS = {"one", "other"}  # of a sentence that depends on a count


def sentences(language: str) -> dict[str, set[str]]:
    """Every path of a catalogue with the names of the places to fill in."""
    found: dict[str, set[str]] = {}

    def walk(path: str, value: object) -> None:
        if isinstance(value, dict) and not value.keys() <= FORMS:
            for name, below in value.items():
                walk(f"{path}.{name}" if path else name, below)
        else:
            found[path] = set(re.findall(r"\{(\w+)\}", json.dumps(value)))

    walk("", words.catalogue(language))
    return found


@pytest.mark.parametrize("language", words.languages())
def test_every_language_says_the_same_things(language: str):
    assert sentences(language) == sentences(words.OWN)


@pytest.mark.parametrize("language", words.languages())
def test_nothing_is_left_empty(language: str):
    text = json.dumps(words.catalogue(language))
    assert re.search(r': "\s*"', text) is None


def test_plain_japanese_has_no_kanji_beyond_the_second_school_year():
    text = json.dumps(words.catalogue("ja-easy"), ensure_ascii=False)
    assert set(re.findall(r"[\u4e00-\u9fff]", text)) - SCHOOL == set()


def test_what_the_pages_say_is_in_the_catalogues():
    said = {
        path
        for file in [*PAGES.rglob("*.js"), *PAGES.rglob("*.html")]
        for path in re.findall(
            r"""(?:\bsay\(|data-say(?:-label)?=)\s*["'](\w+\.[\w.]+)["']""", file.read_text("utf-8")
        )
    }
    assert said - sentences(words.OWN).keys() == set()
