"""A sample row beside the columns that are declared → a finding where a name in one is a slip of one in the other."""

from __future__ import annotations

import re

from sopengine.diagnostics import Edit, Fix, Path, Text
from sopengine.language.checks.references import References
from sopengine.language.columns import declared_columns, source_of
from sopengine.language.model import Playbook
from sopengine.language.suggest import is_slip

_DIGITS = re.compile("[0-9]+")
_ALWAYS = "name"
"""Every row has it; without one it reads as the id."""


def check_samples(playbook: Playbook, references: References) -> None:
    """Adds SOP-R315 at the one of the two that fewer places use."""
    for audience in playbook.audiences.values():
        declared = [*declared_columns(playbook, audience.name), _ALWAYS]
        for column in declared:
            near = [name for name in audience.sample if column not in audience.sample and _is_slip(name, column)]
            for written in near:
                read, other = _uses(references, column), _uses(references, written)
                if column in audience.columns and (read < other if written not in declared else read == 1):
                    _report((*audience.path, "columns", column), column, written, references)
                elif written not in declared:
                    _report((*audience.path, "sample", written), written, column, references)
    _check_roles(playbook, references)


def _check_roles(playbook: Playbook, references: References) -> None:
    """A role's columns beside the sample of an audience that takes its rows from the same source."""
    for role in playbook.roles.values():
        same = [a for a in playbook.audiences.values() if a.sample and source_of(playbook, a) == role.source]
        for column in role.columns:
            near = [name for a in same for name in a.sample if column not in a.sample and _is_slip(name, column)]
            if near and _uses(references, column) == 1:
                _report((*role.path, "columns", column), column, near[0], references)


def _is_slip(one: str, other: str) -> bool:
    """`day1` and `day2` are two columns."""
    return is_slip(one, other) and _DIGITS.sub("", one) != _DIGITS.sub("", other)


def _uses(references: References, name: str) -> int:
    return len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", references.document.text))


def _report(path: Path, written: str, meant: str, references: References) -> None:
    place = references.document.place(path, of_key=True)
    references.findings.add(
        "SOP-R315",
        Text(
            f"样例和 columns 里的 `{written}` 对不上，是不是 `{meant}`？",
            f"The sample and `columns` do not agree on `{written}`; did you mean `{meant}`?",
        ),
        place,
        path=path,
        fix=Fix((Edit(place, meant),), safe=False),
    )
