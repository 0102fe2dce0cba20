"""What every channel promises, whatever its kind."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sopengine.channels.base import Image, Outcome, Outgoing
from sopengine.channels.kinds import KINDS, OPTIONS
from tests.channels.contract import ALL, HMAC_SECRET, ROBOT_KEY, Case, open_case
from tests.support.robot_server import RobotServer, answer

HELLO = Outgoing("k1", "大家好，周五见 🎉", target="east-lake", campaign="c1", step="teaser", slot="2026-06-18T10:00Z")


class Printed:
    """Everything printed so far (capsys forgets what it has given)."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self._text = capsys, ""

    def __call__(self) -> str:
        self._text += self._capsys.readouterr().out
        return self._text


@pytest.fixture(params=ALL)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def case(kind: str, tmp_path: Path, server: RobotServer, capsys: pytest.CaptureFixture[str]) -> Case:
    return open_case(kind, tmp_path, server, Printed(capsys))


def test_every_kind_has_its_options() -> None:
    assert KINDS.keys() == OPTIONS.keys()


def test_a_message_arrives_once_and_whole(case: Case) -> None:
    receipt = case.channel.send(HELLO)
    assert receipt.outcome is case.good
    assert receipt.reason
    if case.channel.kind != "manual" or not case.channel.reaches_people:
        assert case.texts() == [HELLO.text]


def test_what_it_says_of_itself(case: Case, kind: str) -> None:
    channel = case.channel
    assert channel.kind == kind.removeprefix("redirected ")
    assert channel.mode == ("manual" if channel.kind == "manual" else "auto")
    assert "text" in channel.formats
    assert channel.reaches_people is (kind in ("manual", "webhook", "wecom-robot"))
    assert channel.local is (kind not in ("webhook", "wecom-robot"))
    assert (channel.deduplicates is None) is (kind != "manual"), "its task is stored together with the outcome"


@pytest.mark.parametrize("message", [Outgoing("k", ""), Outgoing("k", " \n"), Outgoing("k", "x", format="image")])
def test_a_form_it_does_not_take_is_refused_before_anything_leaves(case: Case, message: Outgoing) -> None:
    problem = case.channel.problem(message)
    receipt = case.channel.send(message)
    assert problem
    assert (receipt.outcome, receipt.reason) == (Outcome.REFUSED, problem)
    assert case.texts() == []


def test_bytes_over_the_limit_are_refused_and_never_cut(
    kind: str, tmp_path: Path, server: RobotServer, capsys: pytest.CaptureFixture[str]
) -> None:
    case = open_case(kind, tmp_path, server, Printed(capsys), max_bytes={"text": 6, "markdown": 9})
    assert case.channel.problem(Outgoing("k", "茶铺")) == ""
    assert case.channel.send(Outgoing("k", "茶铺!")).reason == "text has 7 bytes, the limit is 6"
    assert (
        case.channel.send(Outgoing("k", "茶铺!!!!", format="markdown")).reason
        == "markdown has 10 bytes, the limit is 9"
    )
    assert case.channel.send(Outgoing("k", "茶铺!!!", format="markdown")).outcome is case.good
    assert case.texts() in ([], ["茶铺!!!"])


def test_the_workspace_sets_every_limit(
    kind: str, tmp_path: Path, server: RobotServer, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = open_case(kind, tmp_path, server, Printed(capsys), rate=7, per=30, burst=2).channel.limits
    assert (limits.rate, limits.per, limits.burst) == (7, 30, 2)


def test_many_threads_lose_and_double_nothing(case: Case) -> None:
    messages = [Outgoing(f"k{number}", f"第 {number} 条" + "。" * 300) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = {receipt.outcome for receipt in pool.map(case.channel.send, messages)}
    assert outcomes == {case.good}
    if not (case.channel.kind == "manual" and case.channel.reaches_people):
        assert sorted(case.texts()) == sorted(message.text for message in messages)


def test_closing_twice_is_fine(case: Case) -> None:
    case.channel.send(HELLO)
    case.channel.close()
    case.channel.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(),
    field=st.text(),
    mention=st.lists(st.text(), max_size=2),
    format=st.sampled_from(["text", "markdown", "é"]),
)
def test_no_message_makes_it_raise(case: Case, text: str, field: str, mention: list[str], format: str) -> None:
    message = Outgoing(
        field or "k", text, field, format, tuple(mention), target=field, campaign=field, step=field, person=field
    )
    receipt = case.channel.send(message)
    assert receipt.outcome in {case.good, Outcome.REFUSED}
    assert (receipt.outcome is Outcome.REFUSED) == bool(case.channel.problem(message)) or field
    assert "\n" not in receipt.reason


@pytest.mark.parametrize("body", [ROBOT_KEY, HMAC_SECRET, json.dumps({"errcode": 1, "errmsg": f"bad {ROBOT_KEY}"})])
@pytest.mark.parametrize("code", [200, 404, 500])
def test_no_receipt_holds_a_secret(case: Case, server: RobotServer, body: str, code: int) -> None:
    assert (case.secrets.get("ROBOT"), case.secrets.get("HOOK")) == (ROBOT_KEY, HMAC_SECRET)
    for key in ("", ROBOT_KEY):
        server.script(key, [answer(code, f"{body} {ROBOT_KEY}\x1b[2J {HMAC_SECRET} ".encode() * 30)])
    receipt = case.channel.send(HELLO)
    assert ROBOT_KEY not in repr(receipt)
    assert HMAC_SECRET not in repr(receipt)
    assert "\x1b" not in receipt.excerpt
    assert len(receipt.excerpt) <= 500


def test_an_image_goes_along_or_is_refused(case: Case) -> None:
    """Never the text alone: a channel that carries no images says so before anything leaves."""
    picture = replace(HELLO, image=Image("assets/coupon.png", b"\x89PNG\r\n\x1a\n..."))
    receipt = case.channel.send(picture)
    if case.channel.images:
        assert (case.channel.problem(picture), receipt.outcome) == ("", case.good)
    else:
        assert case.channel.problem(picture)
        assert receipt.outcome is Outcome.REFUSED
        assert case.texts() == []
