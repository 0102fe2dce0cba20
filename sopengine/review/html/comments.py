"""What a reviewer writes: a choice and a comment beside each message, and who it was.

Without script these are form fields to fill in and print. The script makes a CSV of them, whose columns and words
`comments import` reads back: they are the same in both languages.
"""

from __future__ import annotations

from markupsafe import Markup

from sopengine.diagnostics import Text
from sopengine.review.comments.model import COLUMNS, DECISIONS
from sopengine.review.comments.placing import time_of
from sopengine.review.html.markup import tag
from sopengine.review.model import Item

_KINDS = ("pass", "change", "reject")


def review(item: Item, number: int, lang: str) -> Markup:
    name = f"r{number + 1}"
    choices = (
        tag(
            "label",
            tag("input", type="radio", name=name, value=text.zh),
            tag("span", text.get(lang)),
            class_=f"choice {kind}",
        )
        for text, kind in zip(DECISIONS.values(), _KINDS, strict=True)
    )
    label = Text("意见", "Comment").get(lang)
    return tag(
        "fieldset",
        tag("legend", Text("审阅 ", "Review of ").get(lang), tag("bdi", item.id), class_="quiet"),
        tag("div", *choices, class_="choices"),
        tag("textarea", rows=2, aria_label=f"{label}: {item.id}", placeholder=label),
        class_="review",
        data_step=item.id,
        data_slot=time_of(item),
        data_arm=item.arm or None,
    )


def sign_off(hash: str, lang: str) -> Markup:
    """The reviewer's name, which no message needs twice; with script also how far they are, and the way back."""

    def text(zh: str, en: str) -> str:
        return Text(zh, en).get(lang)

    download = tag("button", text("下载意见", "Download"), type="button", id="download", class_="main")
    copy = tag("button", text("复制", "Copy"), type="button", id="copy")
    said = tag("output", "", id="progress", data_said=text("已审 {}/{}", "{}/{} reviewed"))
    return tag(
        "section",
        tag("h2", text("审阅", "Review"), id="review", class_="quiet"),
        tag("label", text("审阅人", "Reviewer"), tag("input", id="author", autocomplete="name")),
        tag("span", text("日期", "Date"), tag("i", class_="blank"), class_="on-paper"),
        tag("div", said, copy, download, class_="with-script", hidden=True),
        class_="sign-off",
        data_hash=hash,
        data_columns=",".join(COLUMNS),
        data_copied=text("已复制", "Copied"),
        aria_labelledby="review",
    )
