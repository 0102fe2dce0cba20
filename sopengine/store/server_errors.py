"""What a server refused, told by its SQLSTATE: the class of the error is its first two characters."""

from __future__ import annotations

from sopengine.diagnostics import Text
from sopengine.store.errors import StoreAway, StoreError, StoreFull, StoreLocked, StoreReadOnly

_BUSY = ("40001", "40P01", "55P03", "57014", "25P03")
"""Not serializable, deadlock, no lock in time, cancelled, idle for too long inside a transaction."""
_READ_ONLY = ("25006", "42501")
_AWAY = ("08", "57P", "28", "3D000", "53300")


def known(error: BaseException, name: str, why: str) -> StoreError | None:
    """None when it is our own mistake. An error without a state is one of the connection."""
    state: str | None = getattr(error, "sqlstate", None)
    if state in _BUSY:
        return StoreLocked(
            Text(f"数据库 {name} 正忙（{why}）", f"the database {name} is busy ({why})"),
            Text("稍后再试；什么也没有丢", "try again later; nothing is lost"),
        )
    if state in _READ_ONLY:
        return StoreReadOnly(
            Text(f"数据库 {name} 只能读，不能写（{why}）", f"the database {name} can be read but not written ({why})"),
            Text(
                "检查这个数据库用户的权限；备库只能读",
                "check the rights of this database user; a standby can only be read",
            ),
        )
    if (state is None and "Operational" in type(error).__name__) or (state or "").startswith(_AWAY):
        return StoreAway(
            Text(f"连不上数据库 {name}（{why}）", f"cannot reach the database {name} ({why})"),
            Text(
                "检查服务器、地址和密码；连上之前什么也不会发",
                "check the server, the address and the password; nothing is sent until it answers",
            ),
        )
    if (state or "").startswith(("53", "58")):
        return StoreFull(
            Text(f"数据库 {name} 写不进去（{why}）", f"cannot write the database {name} ({why})"),
            Text("服务器腾出空间后会从停下的地方继续", "work goes on where it stopped once the server has room"),
        )
    return None
