"""What the builder says about the words of time of one step, read together."""

from __future__ import annotations

import pytest

from sopengine.timing.words import AtEvent, AtEvery
from tests.language.model.support import BASE, lines, load_text

FIRST = BASE.count("\n") + 3  # the line before the first of `when`


def found(when: str) -> list[str]:
    step = "      - id: step\n        to: groups\n        send: teaser\n"
    text = BASE + step + "".join(f"        {line}\n" for line in when.split(" | "))
    return lines(load_text(text))


@pytest.mark.parametrize(
    "when",
    [
        "at: every 15m from live until live.ended | max: 8",
        "on: daily | at: every 15m from 20:00 until live.ended | max: 8",
        "on: daily | at: [08:00, every 1h from 10:00 until 12:00] | max: 3",
        "at: every 15m from live until script.checkout.done | max: 2",
        'on: cron "0 9 * * 1-5"',
        'on: [mon, cron "0 9 * * 1-5"] | at: 10:00',
        'on: daily | at: 10:00 | except: [lunar 8-15, cron "0 0 1 * *"]',
        "on: [lunar 12-30, 农历正月初一] | at: 10:00",
    ],
)
def test_fits_together(when: str) -> None:
    assert found(when) == []


@pytest.mark.parametrize(
    ("when", "line", "code"),
    [
        ("at: every 15m from live until live.ended", 1, "SOP-S201 missing-key"),
        ("at: every 15m from live until live.ended + 10m | max: 2", 1, "SOP-S211 bad-time"),
        ("on: daily | at: 10:00 | max: 2", 3, "SOP-S211 bad-time"),
        ('on: cron "0 9 * * 1-5" | at: 10:00', 2, "SOP-S211 bad-time"),
        ("on: daily | at: every 30s from 10:00 until 12:00", 2, "SOP-S210 bad-unit"),
        ("on: daily | at: every 1h from 10:00 until 11:00 +1d", 2, "SOP-S211 bad-time"),
        ("on: target.birthday - 3h | at: 10:00", 1, "SOP-S207 bad-value"),
        ("on: mon", 1, "SOP-S201 missing-key"),
    ],
)
def test_does_not_fit_together(when: str, line: int, code: str) -> None:
    (only,) = found(when)
    assert only.startswith(f"base.yaml:{FIRST + line}:")
    assert only.endswith(code)


def test_a_repetition_that_cannot_be_read_is_no_reason_to_complain_of_max() -> None:
    (only,) = found("on: daily | at: every 1h from ten until 12:00:99 | max: 2")
    assert only.endswith("SOP-S211 bad-time")


def test_only_the_name_of_an_event_ends_with_an_event() -> None:
    text = BASE + "      - {id: a, to: groups, send: teaser, at: every 15m from live until live.ended, max: 8}\n"
    playbook = load_text(text).playbook
    assert playbook is not None
    (moment,) = playbook.phases[0].steps[-1].when.at
    assert isinstance(moment, AtEvery)
    assert moment.end == AtEvent("live.ended", "live.ended")
    assert playbook.phases[0].steps[-1].when.most == 8
