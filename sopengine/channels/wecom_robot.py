"""A message → a post by a WeCom group robot, judged by the platform's own code, never by the HTTP status alone.

Facts: developer.work.weixin.qq.com/document/path/99110 and 91770 (page of 2025-08-07), codes also path/90455. The robot
works in internal groups only; customer groups are reached by people (`manual`).
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import quote

from sopengine.channels import http
from sopengine.channels.addresses import NotAllowed, endpoint
from sopengine.channels.answers import Answer, NoAnswer
from sopengine.channels.base import ChannelSettings, Limits, Outcome, Outgoing, Receipt
from sopengine.channels.limits import merged, problem_of
from sopengine.channels.masking import masked
from sopengine.channels.options import HTTP_OPTIONS, Option, Options, Value
from sopengine.channels.plain import escaped
from sopengine.channels.secrets import Secrets, unknown_secret
from sopengine.errors import SopError

HOST = "qyapi.weixin.qq.com"
OPTIONS: Options = {**HTTP_OPTIONS, "secret": Option(Value.SECRET), "base_url": Option(Value.URL)}
PLATFORM = Limits(
    max_bytes={"text": 2048, "markdown": 4096},  # path/99110, 2025-08-07: UTF-8 bytes of `content`
    rate=20,  # the same page: 20 messages a minute for each robot, kind of window not stated
    per=60,
    burst=5,
)
CODES: dict[int, tuple[Outcome, str]] = {  # path/90455 and 99110, as of 2025-08-07
    0: (Outcome.SENT, "ok"),
    -1: (Outcome.NOT_NOW, "the platform is busy"),
    45033: (Outcome.NOT_NOW, "too many calls at the same time"),
    45009: (Outcome.RATE_LIMITED, "too many messages for this robot"),
    93000: (Outcome.REFUSED, "the robot's key is wrong or the robot was removed from the group"),
    40058: (Outcome.REFUSED, "a wrong parameter or a text that is too long"),
    40008: (Outcome.REFUSED, "a wrong type of message"),
    45002: (Outcome.REFUSED, "the content is too long"),
    40007: (Outcome.REFUSED, "a wrong media_id"),
}
_PERSON = re.compile(r"[^<>\s]{1,64}")
_INLINE_MENTION = re.compile(r"<@([^<>\s]*)>")


class WecomRobot:
    kind = "wecom-robot"
    formats: tuple[str, ...] = ("text", "markdown")
    images = False  # its image message is a request of its own: text and picture could not stand or fall together
    reaches_people = True
    mode = "auto"
    local = False
    deduplicates: timedelta | None = None  # the robot takes no key

    def __init__(self, settings: ChannelSettings, secrets: Secrets) -> None:
        options = settings.options
        self.limits = merged(PLATFORM, settings.limits)
        self._secrets = secrets
        self._secret = str(options.get("secret", ""))
        self._base = str(options.get("base_url", "")).rstrip("/")
        self._timeout = float(options.get("timeout", http.TIMEOUT))
        self._rest = timedelta(seconds=float(options.get("retry_after", http.RETRY_AFTER.total_seconds())))
        self._allow_private = bool(options.get("allow_private", False))

    def problem(self, message: Outgoing) -> str:
        if message.private:
            return "a group robot cannot write to one member"
        if message.image is not None:
            return "the robot carries no image with a text"
        if message.format == "markdown" and "all" in message.mention:
            return "a markdown message cannot mention everybody, use format text"
        if not all(_PERSON.fullmatch(person) for person in message.mention):
            return "a mention is no plain user id"
        return problem_of(_content(message), message, self.limits, self.formats)

    def send(self, message: Outgoing) -> Receipt:
        if problem := self.problem(message):
            return Receipt(Outcome.REFUSED, problem)
        name = message.address or self._secret
        if not name:
            return Receipt(Outcome.REFUSED, "neither the address nor the channel names a secret")
        try:
            key = self._secrets.get(name)
            if key is None:
                return Receipt(Outcome.REFUSED, unknown_secret(name))
            if "://" in key:
                return Receipt(Outcome.REFUSED, "the secret holds a whole URL; keep only what follows key=")
            base = self._base or f"https://{HOST}"
            hosts = () if self._base else (HOST,)
            url = f"{base}/cgi-bin/webhook/send?key={quote(key, safe='')}"
            to = endpoint(url, hosts=hosts, allow_private=self._allow_private)
        except SopError as error:
            return Receipt(Outcome.NOT_NOW, error.message.en)
        except NotAllowed as error:
            return Receipt(Outcome.REFUSED, str(error))
        body = json.dumps(_payload(message), ensure_ascii=False).encode("utf-8", "backslashreplace")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = http.post(to, body, headers, timeout=self._timeout, allow_private=self._allow_private)
        if isinstance(answer, NoAnswer):
            return Receipt(answer.outcome, answer.reason)
        return self._judge(answer)

    def close(self) -> None:
        """No connection outlives its message."""

    def _judge(self, answer: Answer) -> Receipt:
        shown = http.excerpt(answer)
        receipt = http.from_status(answer, self._rest)
        if receipt is not None:
            return Receipt(receipt.outcome, receipt.reason, receipt.retry_after, answer.status, shown)
        if answer.cut:
            return Receipt(Outcome.UNKNOWN, answer.cut, status=answer.status, excerpt=shown)
        code, words = _errcode(answer.body)
        if code is None:
            reason = f"HTTP {answer.status} without the platform's code: it may or may not have been taken"
            return Receipt(Outcome.UNKNOWN, reason, status=answer.status, excerpt=shown)
        outcome, meaning = CODES.get(code, (Outcome.REFUSED, masked(words)[:100] or "refused"))
        rest = http.retry_after(answer.headers, self._rest) if outcome is Outcome.RATE_LIMITED else None
        return Receipt(outcome, f"errcode {code}: {meaning}", rest, answer.status, shown)


def _content(message: Outgoing) -> str:
    """The text as it goes out: only `mention` mentions people.

    `<@id>` in the text may come from data, and the platform would ring that person's phone: it becomes `(@id)`, which
    has the same number of bytes, so the limits hold for the text as written.
    """
    text = _INLINE_MENTION.sub(r"(@\1)", message.text).replace("<@", "(@")
    if message.format == "markdown" and message.mention:
        return text + "\n" + "".join(f"<@{person}>" for person in message.mention)
    return text


def _payload(message: Outgoing) -> dict[str, object]:
    body: dict[str, object] = {"content": _content(message)}
    if message.format == "text" and message.mention:
        body["mentioned_list"] = ["@all" if person == "all" else person for person in message.mention]
    return {"msgtype": message.format, message.format: body}


def _errcode(body: bytes) -> tuple[int | None, str]:
    """The platform's code and its words without URLs; None where the body is not the platform's."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None, ""
    code = data.get("errcode") if isinstance(data, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return None, ""
    words = re.sub(r"https?://\S+", "", str(data.get("errmsg", "")))
    return code, escaped(words).strip()
