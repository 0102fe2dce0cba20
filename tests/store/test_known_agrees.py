"""The store answers as the plain ledger does, for any events, readings and tags told in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.planning.ledger import Happened, Ledger, PlainLedger
from sopengine.store.rows import EventRow, Reading
from sopengine.store.store import open_store
from tests.store.build import NINE, url

SUBJECTS = ("g1", "g2", "m1", "m2")
MOMENTS = st.integers(0, 6).map(lambda hours: NINE + timedelta(hours=hours))
DATA = st.fixed_dictionaries(
    {},
    optional={
        "member": st.sampled_from(["m1", "m2"]),
        "name": st.sampled_from(["小林", "Lin"]),
        "amount": st.decimals(0, 9, places=1),
    },
)
EVENTS = st.builds(
    Happened,
    st.sampled_from(["member.joined", "member.left", "order.paid"]),
    st.sampled_from(SUBJECTS),
    MOMENTS,
    DATA,
)
READINGS = st.tuples(st.sampled_from(["", "s1"]), MOMENTS, st.one_of(st.integers(0, 9), st.just(Decimal("0.5"))))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, max_size=12), st.lists(READINGS, max_size=5), st.one_of(st.none(), MOMENTS), MOMENTS)
def test_any_history(
    events: list[Happened], readings: list[tuple[str, datetime, Decimal]], begin: datetime | None, until: datetime
) -> None:
    plain: Ledger = PlainLedger(events, readings={"stock": readings})
    with TemporaryDirectory() as folder, open_store(url(Path(folder) / "l.db")) as stored:
        stored.add_events(EventRow(one.event, one.subject, one.data, one.at) for one in events)
        stored.add_readings([Reading("stock", value, at, about) for about, at, value in readings], "lin")
        ledger: Ledger = stored  # the store is one
        for name in ("member.joined", "order.paid"):
            for subjects in (SUBJECTS, ("m1",), None):
                asked = (name, subjects, begin, until)
                assert dict(ledger.event_counts(*asked)) == dict(plain.event_counts(*asked))
                assert dict(ledger.last_events(*asked)) == dict(plain.last_events(*asked))
            moments = ledger.event_moments(name, SUBJECTS, begin, until)
            expected = plain.event_moments(name, SUBJECTS, begin, until)
            assert {who: sorted(some) for who, some in moments.items()} == {w: sorted(s) for w, s in expected.items()}
        values = ledger.event_values("order.paid", "amount", begin, until)
        assert sorted(values) == sorted(plain.event_values("order.paid", "amount", begin, until))
        assert list(ledger.metric_values("stock", begin, until)) == list(plain.metric_values("stock", begin, until))
        told = {one.id: (one.name, set(one.groups)) for one in ledger.members(SUBJECTS).values()}
        assert told == {one.id: (one.name, set(one.groups)) for one in plain.members(SUBJECTS).values()}
