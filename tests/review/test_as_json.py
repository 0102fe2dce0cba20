from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from itertools import islice, repeat

import jsonschema
import pytest

from sopengine.resources import resource
from sopengine.review.as_json import as_item, document, lines, plain
from sopengine.timing.words import Duration
from tests.review.festival import ITEMS, festival

SCHEMA = json.loads((resource("schemas") / "dry-run.schema.json").read_text(encoding="utf-8"))
VALID = jsonschema.Draft7Validator(SCHEMA)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_document_keeps_to_its_schema(lang: str) -> None:
    VALID.check_schema(SCHEMA)
    made = json.loads(json.dumps(document(festival(), ITEMS, lang)))
    VALID.validate(made)
    assert made["summary"]["items"] == len(made["items"]) == len(ITEMS)


def test_an_empty_dry_run_keeps_to_its_schema() -> None:
    run = festival(
        first_day=None, last_day=None, items=[], phases=[], audiences=[], diagnostics=(), official_until=None
    )
    VALID.validate(document(run, [], "zh"))


def test_times_carry_their_offset_and_events_have_after_instead() -> None:
    review, hello = as_item(ITEMS[10], "zh"), as_item(ITEMS[12], "zh")
    assert (review["at"], review["planned_at"]) == ("2026-06-22T10:00:00+08:00", "2026-06-21T10:00:00+08:00")
    assert review["due"] == "2026-06-22T18:00:00+08:00"
    assert hello["after"] == "10s after member.joined"
    assert not {"at", "planned_at"} & hello.keys()


def test_the_schema_refuses_what_is_not_in_it() -> None:
    made = document(festival(), ITEMS, "zh")
    made["items"][0]["extra"] = 1
    assert not VALID.is_valid(made)
    del made["items"][0]["extra"], made["items"][0]["state"]
    assert not VALID.is_valid(made)


def test_lines_are_made_as_they_are_asked_for() -> None:
    endless = lines(repeat(ITEMS[0]), "zh")
    assert [json.loads(line)["id"] for line in islice(endless, 3)] == ["teaser"] * 3


def test_inputs_lose_nothing() -> None:
    assert plain(Decimal("9.90")) == "9.90"
    assert plain([date(2026, 6, 18), time(9, 30), Duration(1, 5400), True, 3]) == [
        "2026-06-18",
        "09:30:00",
        "1d 1h 30m",
        True,
        3,
    ]
