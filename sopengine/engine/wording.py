"""The few words that the engine says itself follow the language of what they stand beside."""

from __future__ import annotations


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)
