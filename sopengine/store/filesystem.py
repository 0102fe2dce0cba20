"""The kind of file system under a path, and whether a database may be written there: on network disks locks and the
order of writes do not hold."""

from __future__ import annotations

import re
from pathlib import Path

from sopengine.diagnostics import Text
from sopengine.store.errors import StoreError

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "coda", "ceph", "davfs", "beegfs"),
        *("glusterfs", "lustre", "gpfs", "ocfs2", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"),
        *("fuse.davfs", "fuse.ceph"),
    )
)
SHARED = frozenset(
    ("9p", "virtiofs", "fuse.grpcfuse", "fuse.osxfs", "vboxsf", "prl_fs", "drvfs", "fuse.vmhgfs-fuse", "vmhgfs")
)
"""Folders of a host inside a virtual machine: Docker on a desktop, WSL. It may hold for one machine alone."""
_ESCAPE = re.compile(r"\\([0-7]{3})")


def kind_of(path: Path) -> str:
    """As mount(8) calls it; "" where the system does not say."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    here, found, longest = path.resolve(), "", -1
    for line in mounts:
        fields, _, kind = line.partition(" - ")
        parts = fields.split(" ")
        if len(parts) < 5 or not kind:
            continue
        point = Path(_ESCAPE.sub(lambda octal: chr(int(octal[1], 8)), parts[4]))
        if here.is_relative_to(point) and len(point.parts) >= longest:  # the later of two mounts lies on top
            found, longest = kind.split(" ")[0], len(point.parts)
    return found


def refuse_network(database: Path) -> None:
    """StoreError where nobody may deliver from this place."""
    kind = kind_of(database.parent)
    if kind in NETWORK:
        raise StoreError(
            Text(f"数据库 {database} 在网络盘上（{kind}）", f"the database {database} lies on a network disk ({kind})"),
            Text(
                "SQLite 的锁在那里靠不住：放到本地磁盘，或改用 PostgreSQL",
                "SQLite's locks do not hold there: move it to a local disk, or use PostgreSQL",
            ),
        )
