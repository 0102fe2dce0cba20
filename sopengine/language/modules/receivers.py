"""The audiences and roles that a module expects → those of the playbook that uses it, and what they are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from sopengine.diagnostics import Edit, Fix, Text
from sopengine.language.build.declarations import field_types
from sopengine.language.build.part import Part
from sopengine.language.model import Playbook
from sopengine.language.named import FieldType
from sopengine.language.suggest import closest, is_slip

KINDS = ("audiences", "roles")
_WORDS = {"audiences": Text("人群", "audience"), "roles": Text("角色", "role")}


class Receivers(Struct, frozen=True):
    """`names` maps the module's names to the playbook's; `declared` are `audiences` and `roles` as the module sees
    them."""

    names: Mapping[str, str]
    declared: Mapping[str, Mapping[str, Any]]


def match_receivers(module: Part, use: Part, playbook: Playbook, outer: Mapping[str, Any]) -> Receivers:
    """`module` is the module's root, `use` the step. Adds SOP-R302 for one that the playbook does not have, SOP-R321
    for columns that it has not."""
    names: dict[str, str] = {}
    declared: dict[str, dict[str, Any]] = {"audiences": {}, "roles": {}}
    known = {"audiences": list(playbook.audiences), "roles": list(playbook.roles)}
    for kind in KINDS:
        for name, expected in module.get(kind).entries():
            given = use.get("with").get(name)
            wanted = given.text() if given.data is not None else name
            if wanted in known[kind]:
                names[name] = wanted
                declared[kind][name] = _seen(kind, wanted, expected, outer)
                _check_columns(name, wanted, expected, given if given.data is not None else use, playbook)
            else:
                _unknown(kind, name, expected, given, use, known)
                declared[kind][name] = stand_in(name, expected)
    return Receivers(names, declared)


def alias(to: str, receivers: Receivers, playbook: Playbook, outer: Mapping[str, Any]) -> tuple[str, Receivers]:
    """The name that the receiver `to` of the playbook has inside, and the receivers with it; the subjects of flows are
    the same everywhere."""
    kind = "audiences" if to in playbook.audiences else "roles" if to in playbook.roles else ""
    inside = next((name for name, outside in receivers.names.items() if outside == to), "")
    if inside or not kind:
        return inside or to, receivers
    taken = receivers.declared["audiences"].keys() | receivers.declared["roles"].keys()
    name = to if to not in taken else f"{to}."
    declared = {**receivers.declared[kind], name: seen_from_inside(kind, to, outer)}
    return name, Receivers({**receivers.names, name: to}, {**receivers.declared, kind: declared})


def with_subjects(receivers: Receivers, playbook: Playbook, outer: Mapping[str, Any]) -> Receivers:
    """With every audience of the playbook: the subject of an event may be in any of them."""
    own = receivers.declared["audiences"]
    taken = own.keys() | receivers.declared["roles"].keys()
    others = {n: seen_from_inside("audiences", n, outer) for n in playbook.audiences if n not in taken}
    return Receivers(receivers.names, {**receivers.declared, "audiences": {**own, **others}})


def seen_from_inside(kind: str, name: str, outer: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration without what is the playbook's own affair: which rows it takes, and from whom."""
    group = outer.get(kind)
    raw = group.get(name) if isinstance(group, dict) else None
    raw = dict(raw) if isinstance(raw, dict) else {}
    seen = {name}
    while kind == "audiences" and (above := raw.pop("of", None)) and above not in seen and isinstance(group, dict):
        seen.add(above)
        rest = group.get(above)
        rest = rest if isinstance(rest, dict) else {}
        merged = {key: {**_mapping(rest.get(key)), **_mapping(raw.get(key))} for key in ("sample", "columns")}
        raw = {**rest, **raw, **{key: value for key, value in merged.items() if value}}
    raw.pop("where", None)
    return raw


def stand_in(name: str, expected: Part) -> dict[str, Any]:
    """For a receiver nobody knows: what the module says of it."""
    columns = _mapping(expected.get("columns").data)
    return {"source": name, "person": "name", "columns": columns, "sample": {"name": name} if columns else {}}


def _seen(kind: str, name: str, expected: Part, outer: Mapping[str, Any]) -> dict[str, Any]:
    raw = seen_from_inside(kind, name, outer)
    if kind == "audiences" and (columns := _mapping(expected.get("columns").data)):
        raw["columns"] = {**columns, **_mapping(raw.get("columns"))}
    return raw


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _check_columns(name: str, wanted: str, expected: Part, at: Part, playbook: Playbook) -> None:
    audience, has, seen = playbook.audiences.get(wanted), dict[str, FieldType](), {wanted}
    if audience is None:
        return
    while audience is not None:
        has = {**audience.columns, **has}
        audience = None if audience.of in seen else playbook.audiences.get(audience.of)
        seen |= {audience.name} if audience else set()
    for column, kind in field_types(expected.get("columns")).items():
        if has.get(column, FieldType.TEXT) is not kind:
            at.wrong(
                "SOP-R321",
                Text(
                    f"模块里的人群 {name} 要有类型为 {kind} 的列 {column}，{wanted} 没有这样声明",
                    f"The module's audience {name} needs a column {column} of type {kind}; {wanted} declares none",
                ),
                Text(
                    f"在 audiences 的 {wanted} 里写 columns: {{{column}: {kind}}}",
                    f"Write `columns: {{{column}: {kind}}}` in the audience {wanted}",
                ),
            )


def _unknown(kind: str, name: str, expected: Part, given: Part, use: Part, known: Mapping[str, list[str]]) -> None:
    word, other = _WORDS[kind], _WORDS["roles" if kind == "audiences" else "audiences"]
    title = expected.text() or expected.get("title").text()
    meant = Text(f"（{title}）", f" ({title})") if title else Text("", "")
    if given.data is None:
        guess = closest(name, known[kind])
        shown = guess or (known[kind][0] if known[kind] else "…")
        use.get("use").wrong(
            "SOP-R302",
            Text(
                f"模块要一个{word.zh} {name}{meant.zh}，这里没有同名的",
                f"The module needs the {word.en} {name}{meant.en}, and there is none of that name",
            ),
            Text(f"说明是哪一个，例如 with: {{{name}: {shown}}}", f"Say which one it is: `with: {{{name}: {shown}}}`"),
        )
        return
    written = given.text()
    if written in known["roles" if kind == "audiences" else "audiences"]:
        message = Text(
            f"{written} 是{other.zh}，模块的 {name}{meant.zh}要的是{word.zh}",
            f"{written} is of {other.en}s; the module's {name}{meant.en} is one of {word.en}s",
        )
        given.wrong("SOP-R302", message)
        return
    guess = closest(written, known[kind])
    place = given.desk.document.place(given.path)
    given.desk.findings.add(
        "SOP-R302",
        Text(
            f"没有{word.zh} `{written}`" + (f"，是不是 `{guess}`？" if guess else ""),
            f"There is no {word.en} `{written}`" + (f"; did you mean `{guess}`?" if guess else ""),
        ),
        place,
        help=None if guess else Text(f"有：{'、'.join(known[kind])}", f"Known: {', '.join(known[kind])}"),
        path=given.path,
        fix=Fix((Edit(place, guess),), safe=is_slip(written, guess)) if guess else None,
    )
