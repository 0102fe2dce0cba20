"""`python -m tests.mutation`: spoils every right playbook by seed, prints each case and the figures."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from random import Random

from sopengine.resources import resource
from tests.mutation import keys, signs, values
from tests.mutation.book import Book
from tests.mutation.judge import Judged, Verdict, judge
from tests.mutation.mutant import Mutant

CASES = Path(__file__).parents[1] / "cases" / "ok"
Operator = Callable[[Book, Random], Iterator[Mutant]]
OPERATORS: dict[str, Operator] = {
    "key renamed": keys.renamed,
    "key removed": keys.removed,
    "key doubled": keys.doubled,
    "key moved a level": keys.moved,
    "value of a wrong type": values.wrong_type,
    "broken reference": values.broken_reference,
    "impossible date or time": values.impossible_time,
    "full-width sign": signs.full_width,
    "lost quote": signs.lost_quote,
    "misspelt event or metric": values.misspelt_event_or_metric,
}
EACH = 10
"""Cases of each operator and seed."""
SHARE = 0.9
"""Of the suggestions that are possible, at least so many must be right."""


def books() -> list[Book]:
    return [Book.of(file) for file in sorted([*resource("playbooks").glob("*.yaml"), *CASES.glob("*.yaml")])]


def mutants(shelf: Sequence[Book], operator: Operator, seed: int, each: int) -> list[Mutant]:
    """`each` of them, taken in turn from all playbooks that have a place for the operator."""
    dice = Random(seed)
    piles = []
    for book in shelf:
        pile = list(operator(book, dice))
        dice.shuffle(pile)
        piles.append(pile)
    dice.shuffle(piles)
    return [mutant for mutant in chain.from_iterable(zip_longest(*piles)) if mutant is not None][:each]


def run(seeds: Sequence[int], each: int, operators: Sequence[str] = tuple(OPERATORS)) -> Iterator[tuple[int, Judged]]:
    shelf = books()
    for seed in seeds:
        for name in operators:
            for mutant in mutants(shelf, OPERATORS[name], seed, each):
                yield seed, judge(mutant)


def shown(seed: int, judged: Judged) -> str:
    mutant = judged.mutant
    lines = [f"[{judged.verdict}] seed {seed}, {mutant.operator}, {mutant.book.file.name}:{mutant.line}"]
    lines += [f"    - {mutant.before.strip()}", f"    + {mutant.after.strip()}"]
    if judged.reason:
        lines.append(f"    because {judged.reason}")
    for d in judged.findings[:4]:
        where = f"{d.place.file}:{d.place.line}:{d.place.col}" if d.place else "-"
        lines.append(f"    {where} {d.code} {d.message.en}" + (f" | {d.help.en}" if d.help else ""))
    if len(judged.findings) > 4:
        lines.append(f"    … {len(judged.findings) - 4} more")
    if judged.suggested is not None:
        lines.append(f"    suggestion: {'right' if judged.suggested else 'NOT ' + repr(mutant.meant)}")
    return "\n".join(lines)


def table(results: Sequence[Judged]) -> str:
    names = ["operator", "cases", "found on the right line", "still valid", "wrong line", "missed"]
    names += ["suggestion right / possible", "one finding only"]
    head = f"| {' | '.join(names)} |"
    rows = [head, "|---|--:|--:|--:|--:|--:|--:|--:|"]
    for name in [*OPERATORS, ""]:
        of = [r for r in results if r.mutant.operator == name or not name]
        if not of:
            continue
        count = Counter(r.verdict for r in of)
        asked = [r.suggested for r in of if r.suggested is not None]
        single = sum(len(r.findings) == 1 for r in of if r.verdict is Verdict.FOUND)
        cells = [name or "all", len(of), *(count[v] for v in Verdict), f"{sum(asked)} / {len(asked)}", single]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--each", type=int, default=EACH, help="cases of each operator and seed")
    parser.add_argument("--only", choices=OPERATORS, action="append", help="this operator only")
    parser.add_argument("--bad", action="store_true", help="print only what went wrong")
    parser.add_argument("--many", action="store_true", help="print only what gave more than one finding")
    given = parser.parse_args()
    print(f"$ python -m tests.mutation {' '.join(sys.argv[1:])}\n")
    results = []
    for seed, judged in run(range(given.first, given.first + given.seeds), given.each, given.only or tuple(OPERATORS)):
        results.append(judged)
        bad = judged.verdict in (Verdict.MISSED, Verdict.WRONG_LINE) or judged.suggested is False
        if bad if given.bad else len(judged.findings) > 1 or not given.many:
            print(shown(seed, judged), flush=True)
    print("\n" + table(results))
    asked = [r.suggested for r in results if r.suggested is not None]
    print(f"\n{sum(asked)} of {len(asked)} suggestions that were possible are right: {sum(asked) / len(asked):.1%}.")
    wrong = sum(r.verdict in (Verdict.MISSED, Verdict.WRONG_LINE) for r in results)
    return int(wrong > 0 or sum(asked) < SHARE * len(asked))


if __name__ == "__main__":
    sys.exit(main())
