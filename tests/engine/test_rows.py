"""What is stored of data comes back equal, and is plain JSON on the way."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sopengine.store.values import plain, typed
from sopengine.timing.words import Duration

durations = st.one_of(
    st.integers(1, 300).map(lambda days: Duration(days=days)),
    st.integers(1, 80_000).map(lambda seconds: Duration(seconds=seconds)),
)
scalars = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.times(),
    st.datetimes(),
    durations,
    st.none(),
)


@given(st.dictionaries(st.text(), st.one_of(scalars, st.lists(scalars))))
def test_data_comes_back_equal(data: dict[str, object]) -> None:
    kept = json.loads(json.dumps(plain(data)))
    back = typed(kept)
    assert back == data
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in data.items()}
