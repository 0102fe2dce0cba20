"""`sopengine purge`: what `[retention]` says has been kept long enough goes now; the daemon does so by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sopengine.cli import options
from sopengine.cli.output import language, say, say_json
from sopengine.diagnostics import Text
from sopengine.errors import UsageError

if TYPE_CHECKING:
    from sopengine.store.purging import Purged


def command(lang: str) -> click.Command:
    about = Text(
        "按 sopengine.toml 的 [retention] 清掉留够了时间的文字、个人资料和记录，编号、状态和数目留下；每天会自动清。",
        "Delete the texts, personal data and log lines that [retention] in sopengine.toml has kept long enough; ids, "
        "states and counts stay. Happens by itself once a day.",
    )
    params: list[click.Parameter] = [
        options.flag(lang, "--preview", text=Text("只数一数，不清", "Only count")),
        options.now_option(lang),
        options.json_flag(lang),
        options.workspace_option(lang),
    ]
    return click.Command("purge", callback=purge, params=params, help=about.get(lang))


def purge(preview: bool, now: str | None, as_json: bool, workspace: Path | None) -> None:
    from sopengine.cli.workplace import moment_of, open_ledger, workspace_at, zone_of
    from sopengine.engine.retention import batches
    from sopengine.store.purging import Walk

    place = workspace_at(workspace)
    if not place.retention.any:
        raise UsageError(
            Text("sopengine.toml 没有写 [retention]，什么都一直留着", "sopengine.toml has no [retention]: all is kept"),
            Text('例如 texts = "180d"、personal = "365d"', 'for example texts = "180d", personal = "365d"'),
        )
    with open_ledger(place, read_only=preview, create=False) as store:
        moment = moment_of(now, zone_of(store))
        found = store.to_purge(place.retention, moment)
        if not preview:
            for _ in batches(store, place.retention, moment, Walk()):
                pass
            store.compact()
    if as_json:
        say_json({"schema_version": 1, "purged": not preview, **found._asdict()})
    else:
        say(_told(found, preview).get(language()))


def _told(found: Purged, preview: bool) -> Text:
    zh, en = ("会清掉", "would go") if preview else ("清掉了", "went")
    return Text(
        f"{zh}：{found.texts} 处文字、{found.personal} 处个人资料、{found.log} 行记录",
        f"{en}: {found.texts} texts, personal data of {found.personal} rows, {found.log} lines of the log",
    )
