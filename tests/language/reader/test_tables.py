"""CSV: rows as text, and findings at the cell that is wrong."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopengine.diagnostics import Diagnostic, Findings
from sopengine.language.reading.tables import read_table


def table(data: str | bytes, **options: str) -> tuple[tuple[dict[str, str], ...], list[Diagnostic]]:
    findings = Findings()
    return read_table(data if isinstance(data, bytes) else data.encode(), "t.csv", findings, **options), list(findings)


def test_values_stay_text_and_are_stripped() -> None:
    rows, findings = table('\ufeff id ,phone, note\r\n 007 ,+8613800138000,"a, ""b"""\r\n\r\n2,,\r\n')
    assert findings == []
    assert rows == ({"id": "007", "phone": "+8613800138000", "note": 'a, "b"'}, {"id": "2", "phone": "", "note": ""})


def test_rows_without_a_value_are_passed_over() -> None:
    assert table("id,name\n1,a\n,\n ,  \n,,,\n")[1] == []


@pytest.mark.parametrize(
    ("text", "code", "line", "col"),
    [
        ("", "SOP-S213", 1, 1),
        ("编号,名字\n1,a\n", "SOP-S213", 1, 1),
        ("名字,ID\na,1\n", "SOP-S213", 1, 4),
        ("id,,b\n1,2,3\n", "SOP-S213", 1, 4),
        ("id,b,b\n1,2,3\n", "SOP-S213", 1, 6),
        ("id,b\n1,x\n,y\n", "SOP-S213", 3, 1),
        ("b,id\nx,1\ny,2\nz,1\n", "SOP-S214", 4, 3),
        ("id,b\n1\n", "SOP-S213", 2, 1),
        ('id,b\n"1,0",2,3\n', "SOP-S213", 2, 9),
        ('id,b\n1,"a\n2,b\n', "SOP-S213", 2, 1),
        ('id,b\n1,"a"x\n2,b\n', "SOP-S213", 2, 1),
        ("id,b\n1,\x00\n", "SOP-Y110", 2, 3),
        ("id;b\n1;x\n", "SOP-S213", 1, 1),
    ],
)
def test_a_mistake_is_found_at_its_cell(text: str, code: str, line: int, col: int) -> None:
    _, findings = table(text)
    assert [(d.code, d.place and d.place.line, d.place and d.place.col) for d in findings] == [(code, line, col)]


def test_a_duplicate_id_names_both_lines_also_after_cells_of_several_lines() -> None:
    rows, findings = table('id,b\n1,"x\ny"\n2,z\n1,w\n')
    assert len(rows) == 2
    assert findings[0].place is not None
    assert findings[0].place.line == 5
    assert "第 2 行" in findings[0].message.zh


def test_an_id_column_by_another_name_is_hinted_at() -> None:
    _, findings = table("编号,名字\n1,a\n")
    assert findings[0].help is not None
    assert '"编号"' in findings[0].help.zh


def test_gb18030_is_taken_when_said_and_named_when_not() -> None:
    data = "id,名字,城市\n1,东湖店会员群,武汉\n".encode("gb18030")
    assert table(data, encoding="gb18030")[0] == ({"id": "1", "名字": "东湖店会员群", "城市": "武汉"},)
    _, findings = table(data)
    assert [d.code for d in findings] == ["SOP-Y101"]
    assert findings[0].help is not None
    assert 'encoding = "gb18030"' in findings[0].help.zh


def test_utf8_under_gb18030_is_not_garbled() -> None:
    rows, findings = table("id,名字\n1,东湖店\n", encoding="gb18030")
    assert rows == ()
    assert [d.code for d in findings] == ["SOP-Y101"]


def test_another_encoding_is_refused() -> None:
    assert [d.code for d in table("id\n1\n", encoding="latin-1")[1]] == ["SOP-S213"]


def test_many_mistakes_are_counted() -> None:
    _, findings = table("id,b\n" + "1\n" * 100)
    assert len(findings) == 21
    assert "80" in findings[-1].message.zh


def test_limits() -> None:
    assert "16 MiB" in table(b"x" * ((16 << 20) + 1))[1][0].message.zh
    rows, findings = table("id\n" + "\n".join(map(str, range(200_001))))
    assert len(rows) == 200_000
    assert [d.code for d in findings] == ["SOP-S213"]


def test_ten_thousand_rows_are_read_in_a_blink() -> None:
    data = ("id,name,city,address\n" + "\n".join(f"g{n},东湖店{n},武汉,robot-{n}" for n in range(10_000))).encode()
    best = 1.0
    for _ in range(3):
        began = time.process_time()
        assert len(table(data)[0]) == 10_000
        best = min(best, time.process_time() - began)
    assert best < 0.2


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=200) | st.text('id,b"\n\r\t ;中\x00', max_size=80).map(str.encode),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_any_bytes_end_in_rows_or_findings(data: bytes, encoding: str) -> None:
    rows, findings = table(data, encoding=encoding)
    assert findings or all(row["id"] for row in rows)
    assert all(d.place for d in findings)
