"""The settings of a new workspace: a language in, the text of its sopengine.toml out."""

from __future__ import annotations

from sopengine.diagnostics import Text

SOURCES = (
    "groups",
    "stores",
    "health-groups",
    "milk-groups",
    "milk-members",
    "milk-stations",
    "members",
    "flash-groups",
    "shops",
)
"""The lists that the sample playbooks speak to, each a file of its own in `data`."""

_BLOCKS: tuple[tuple[Text, str], ...] = (
    (
        Text(
            "计划、发送和每一步的记录都在这个文件里。",
            "Plans, deliveries and the record of every step live in this file.",
        ),
        'database = "sqlite:///sopengine.db"',
    ),
    (
        Text("界面语言：zh 或 en。", "The language of output: zh or en."),
        'language = "{lang}"',
    ),
    (
        Text(
            "没有另外指定时用哪个渠道。file 只写进文件，不会发给任何人；试跑满意后再换。",
            "The channel used unless a playbook names another. `file` writes to a file and reaches nobody: change it\n"
            "when the trial run looks right.",
        ),
        'default_channel = "file"',
    ),
    (
        Text(
            "企业微信群机器人（只能用在内部群）。secret 是密钥的名字，密钥放在环境变量 WECOM_ROBOT\n"
            "或文件 secrets/WECOM_ROBOT（权限 0600）里。删掉 redirect 这一行才会真的发出去。",
            "A WeCom group robot (internal groups only). `secret` is the name of its key; the key stands in the\n"
            "environment variable WECOM_ROBOT or in the file secrets/WECOM_ROBOT (mode 0600).\n"
            "Nothing leaves until the line `redirect` is removed.",
        ),
        '[channels.robot]\nkind = "wecom-robot"\nsecret = "WECOM_ROBOT"\nredirect = "file"',
    ),
    (
        Text(
            '名单。表格导出的 GB18030 文件加一行 encoding = "gb18030"。',
            'Who the playbooks speak to. For a file exported as GB18030 add encoding = "gb18030".',
        ),
        "\n\n".join(f'[sources.{name}]\npath = "data/{name}.csv"' for name in SOURCES),
    ),
    (
        Text("任务通知走哪个渠道。", "The channel that tells people about their tasks."),
        '[tasks]\nvia = "file"',
    ),
    (
        Text(
            '出了事（错过、失败、不确定、暂停、停了）告诉谁，十分钟最多一条，例如：\n[alerts]\nvia = "robot"',
            "Who is told of trouble (missed, failed, unknown, paused, stopped), once in ten minutes at most, such as:\n"
            '[alerts]\nvia = "robot"',
        ),
        "",
    ),
    (
        Text(
            "文案的规矩：不能用的词（广告法第九条点名的有“国家级”“最高级”“最佳”），链接只能通向哪里，例如：\n[copy]\n"
            'forbidden = ["国家级", "最高级", {word = "最佳", instead = "很多人爱喝"}]\nhosts = ["example.com"]',
            "Rules for copy: words that must not be used (article 9 of China's Advertising Law names 国家级, 最高级 "
            "and 最佳), and where links may lead, such as:\n[copy]\n"
            'forbidden = ["国家级", "最高级", {word = "最佳", instead = "很多人爱喝"}]\nhosts = ["example.com"]',
        ),
        "",
    ),
    (
        Text(
            '公司自己的上班和放假安排写在这里，比国务院公布的安排优先，例如：\n[calendar]\n"2026-12-31" = "holiday"',
            "The company's own working days and days off go before the official ones, for example:\n"
            '[calendar]\n"2026-12-31" = "holiday"',
        ),
        "",
    ),
)


_SCHEMA = "#:schema ./schemas/workspace.schema.json\n"
"""The first line: editors read from it what may stand in the file."""


def workspace_file(lang: str) -> str:
    return (
        _SCHEMA
        + "\n\n".join(_block(comment.get(lang), body.replace("{lang}", lang)) for comment, body in _BLOCKS)
        + "\n"
    )


def _block(comment: str, body: str) -> str:
    lines = [f"# {line}" for line in comment.splitlines()]
    return "\n".join([*lines, body] if body else lines)
