"""What a command costs: `--help` beside `import click`, `check` beside yamllint, and `check` inside one process."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.material import playbook_of_lines
from benchmarks.measure import Measure, Section, in_turn, process_seconds, ratio, script, seconds
from sopengine.language.load import load

_EDITIONS = count(1)


def run(turns: int = 11, lines: int = 300, more_lines: int = 2_000) -> Section:
    with TemporaryDirectory() as folder:
        file = Path(folder, "bench.yaml")
        file.write_text(playbook_of_lines(lines), "utf-8")
        whole = in_turn(
            {
                "python -c 'import click'": lambda: process_seconds(sys.executable, "-c", "import click"),
                "sopengine --help": lambda: process_seconds(script("sopengine"), "--help"),
                f"yamllint -d relaxed, {lines} lines": lambda: process_seconds(
                    script("yamllint"), "-d", "{extends: relaxed, rules: {line-length: disable}}", str(file)
                ),
                f"sopengine check, {lines} lines": lambda: process_seconds(script("sopengine"), "check", str(file)),
            },
            turns,
        )
    inside = in_turn({f"load, {n} lines": lambda n=n: _load(n) for n in (lines, more_lines)}, turns)
    click, help_, yamllint, check = whole.values()
    milli = {name: [value * 1000 for value in values] for name, values in {**whole, **inside}.items()}
    ratios = [None, ratio(help_, click), None, ratio(check, yamllint), None, None]
    targets = ["", "≤ 2 × import click", "", "≤ yamllint + 60 ms", "≤ 30 ms", "≤ 250 ms"]
    return Section(
        "Help and check",
        f"{turns} turns after one warm-up; whole processes take turns; the playbook has no mistakes. In process: "
        "load() of bytes in memory, every time with texts never seen before.",
        [
            Measure(name, "ms", values, ratio=r, target=target)
            for (name, values), r, target in zip(milli.items(), ratios, targets, strict=True)
        ],
    )


def _load(lines: int) -> float:
    data = playbook_of_lines(lines, next(_EDITIONS)).encode()

    def once() -> None:
        if load(data, "bench.yaml", lambda _: None).diagnostics:
            raise RuntimeError("the made-up playbook is wrong")

    return seconds(once)
