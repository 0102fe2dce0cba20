"""`python -m benchmarks [NAME]…`: runs all or the named ones, prints the figures, keeps them in results/."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import completions, dry_run, help_and_check, ledger, page, postgres, year
from benchmarks.machine import machine, versions
from benchmarks.measure import Measure, Section

ALL = {
    "help_and_check": help_and_check.run,
    "dry_run": dry_run.run,
    "completions": completions.run,
    "ledger": ledger.run,
    "page": page.run,
    "postgres": postgres.run,
}
ALONE = "year"
"""Takes twenty minutes: only when it is named, and kept in a file of its own."""
RESULTS = Path(__file__).with_name("results")


def table(section: Section) -> str:
    head = "| measure | unit | min | median | max | ratio to peer | target |\n|---|---|--:|--:|--:|--:|---|"
    return "\n".join([f"## {section.title}", "", section.method, "", head, *map(_line, section.measures)])


def _line(m: Measure) -> str:
    shown = " | ".join(_number(value) for value in (min(m.values), m.median, max(m.values)))
    return f"| {m.name} | {m.unit} | {shown} | {f'{m.ratio:.2f} ×' if m.ratio else ''} | {m.target} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{ALONE}, or some of {', '.join(ALL)}; all of these if none is named"
    )
    parser.add_argument("--no-file", action="store_true", help="print only")
    parser.add_argument("--days", type=int, default=365, help="of the year; fewer where twenty minutes are over")
    given = parser.parse_args()
    chosen = {ALONE: lambda: year.run(given.days)} if given.names == [ALONE] else ALL
    if unknown := set(given.names) - chosen.keys():
        parser.error(f"no benchmark {', '.join(unknown)}")
    now = datetime.now(UTC)
    parts = [f"# Figures of {now:%Y-%m-%d}", f"`python -m benchmarks {' '.join(given.names)}`".replace(" `", "`")]
    parts += [f"Machine: {machine()}.", f"Versions: {versions()}."]
    print("\n\n".join(parts), flush=True)
    for name in given.names or ALL:
        parts.append(table(chosen[name]()))
        print(f"\n{parts[-1]}", flush=True)
    if not given.no_file:
        RESULTS.mkdir(exist_ok=True)
        alone = f"-{given.names[0]}" if given.names in ([ALONE], ["postgres"]) else ""
        (RESULTS / f"{now:%Y-%m-%d}{alone}.md").write_text("\n\n".join(parts) + "\n", "utf-8")


if __name__ == "__main__":
    main()
