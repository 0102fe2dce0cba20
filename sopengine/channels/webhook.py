"""A message → a signed HTTPS POST of JSON to a receiver of the operator's own, with our key against doubles.

The receiver checks `X-Sopengine-Signature`: "v1=" + hex of HMAC-SHA256(secret, timestamp + "." + body), where timestamp
is `X-Sopengine-Timestamp` (whole seconds since 1970 UTC) and body the bytes as received. It answers 2xx with nothing,
`ok`, or a JSON object once it has taken the message; an `errcode` other than 0 in that object refuses it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import timedelta

from sopengine.channels import http
from sopengine.channels.addresses import Endpoint, NotAllowed, endpoint
from sopengine.channels.answers import Answer, NoAnswer
from sopengine.channels.base import ChannelSettings, Image, Limits, Outcome, Outgoing, Receipt
from sopengine.channels.limits import merged, problem_of
from sopengine.channels.masking import hide_keys_of
from sopengine.channels.options import HTTP_OPTIONS, Option, Options, Value
from sopengine.channels.secrets import Secrets, unknown_secret
from sopengine.clock import Clock, SystemClock
from sopengine.errors import SopError

OPTIONS: Options = {
    **HTTP_OPTIONS,
    "url": Option(Value.URL),
    "url_secret": Option(Value.SECRET),  # for a URL that holds a token itself
    "secret": Option(Value.SECRET, required=True),
    "idempotent": Option(Value.DURATION),  # how long the receiver drops a key it has seen
}


class Webhook:
    kind = "webhook"
    formats: tuple[str, ...] = ("text", "markdown")
    images = True
    reaches_people = True
    mode = "auto"
    local = False

    def __init__(self, settings: ChannelSettings, secrets: Secrets, clock: Clock | None = None) -> None:
        options = settings.options
        self.limits = merged(Limits(), settings.limits)
        self.deduplicates: timedelta | None = options.get("idempotent")
        self._secrets = secrets
        self._clock = clock or SystemClock()  # the receiver compares with its own: never a simulated one
        self._url = str(options.get("url", ""))
        hide_keys_of(self._url)
        self._url_secret = str(options.get("url_secret", ""))
        self._secret = str(options.get("secret", ""))
        self._timeout = float(options.get("timeout", http.TIMEOUT))
        self._rest = timedelta(seconds=float(options.get("retry_after", http.RETRY_AFTER.total_seconds())))
        self._allow_private = bool(options.get("allow_private", False))

    def problem(self, message: Outgoing) -> str:
        if not re.fullmatch(r"[!-~]{1,200}", message.key):
            return "the key cannot stand in a header"
        return problem_of(message.text, message, self.limits, self.formats)

    def send(self, message: Outgoing) -> Receipt:
        if problem := self.problem(message):
            return Receipt(Outcome.REFUSED, problem)
        try:
            secret = self._secrets.get(self._secret)
            if secret is None:
                return Receipt(Outcome.REFUSED, unknown_secret(self._secret))
            to = self._endpoint()
        except SopError as error:
            return Receipt(Outcome.NOT_NOW, error.message.en)
        except NotAllowed as error:
            return Receipt(Outcome.REFUSED, str(error))
        body = json.dumps(_payload(message)).encode()
        headers = signed_headers(message.key, body, secret, int(self._clock.now().timestamp()))
        answer = http.post(to, body, headers, timeout=self._timeout, allow_private=self._allow_private)
        if isinstance(answer, NoAnswer):
            return Receipt(answer.outcome, answer.reason)
        return self._judge(answer)

    def close(self) -> None:
        """No connection outlives its message."""

    def _endpoint(self) -> Endpoint:
        url = self._secrets.get(self._url_secret) if self._url_secret else self._url
        if url is None:
            raise NotAllowed(unknown_secret(self._url_secret))
        return endpoint(url, allow_private=self._allow_private)

    def _judge(self, answer: Answer) -> Receipt:
        shown = http.excerpt(answer)
        receipt = http.from_status(answer, self._rest)
        if receipt is None:
            receipt = _from_body(answer)
        return Receipt(receipt.outcome, receipt.reason, receipt.retry_after, answer.status, shown)


def signed_headers(key: str, body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """The headers of one message. `timestamp`: whole seconds since 1970 UTC."""
    digest = hmac.new(secret.encode("utf-8"), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "X-Sopengine-Timestamp": str(timestamp),
        "X-Sopengine-Signature": f"v1={digest}",
    }


def _payload(message: Outgoing) -> dict[str, object]:
    return {
        "key": message.key,
        "text": message.text,
        "format": message.format,
        "mention": list(message.mention),
        "target": message.target,
        "address": message.address,
        "campaign": message.campaign,
        "step": message.step,
        "slot": message.slot,
        "person": message.person,
        **({"image": _image(message.image)} if message.image else {}),
    }


def _image(image: Image) -> dict[str, str]:
    return {"name": image.name, "type": image.type, "base64": base64.b64encode(image.data).decode()}


def _from_body(answer: Answer) -> Receipt:
    """A 2xx answer: a page of some gateway in between must not count as taken."""
    if answer.cut:
        return Receipt(Outcome.UNKNOWN, answer.cut)
    if answer.body.strip().lower() in (b"", b"ok"):
        return Receipt(Outcome.SENT, f"HTTP {answer.status}")
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        return Receipt(Outcome.UNKNOWN, f"HTTP {answer.status} with an answer that is no JSON object")
    if data.get("errcode", 0) != 0:
        code = data["errcode"] if isinstance(data["errcode"], int) else "in the answer"
        return Receipt(Outcome.REFUSED, f"errcode {code}: refused")
    return Receipt(Outcome.SENT, f"HTTP {answer.status}")
