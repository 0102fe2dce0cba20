"""Run as a script: the command line given, as on a system without fork, signals of Unix, or any of its modules.

Standing in for such a system it cannot show everything of it (the file system stays as it is), but nothing that is
not there can be reached, neither here nor in the rendering process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.abc import MetaPathFinder
from typing import Any

MODULES = {"fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "spwd", "crypt", "syslog", "nis", "curses"}
OF_OS = [
    *("fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "getpgid", "setsid", "killpg", "chown", "fchown"),
    *("fchmod", "lchown", "mkfifo", "mknod", "openpty", "sysconf", "uname", "nice", "wait3", "wait4", "statvfs"),
    *("O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "O_NONBLOCK", "sched_getaffinity", "getloadavg", "initgroups"),
]
OF_SIGNAL = ["SIGALRM", "SIGHUP", "SIGUSR1", "SIGPIPE", "alarm", "setitimer", "pthread_sigmask", "pause"]


class Missing(MetaPathFinder):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r} on this system", name=name)


def leave_unix() -> None:
    sys.meta_path.insert(0, Missing())
    for name in MODULES:
        sys.modules.pop(name, None)
    for module, names in ((os, OF_OS), (signal, OF_SIGNAL)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)


class Popen(subprocess.Popen[bytes]):
    """Starts Python programs of ours on the same poor system."""

    def __init__(self, args: list[str], **given: Any) -> None:
        if "-m" in args:
            at = args.index("-m")
            program = f"import runpy, sys; sys.path.insert(0, {ROOT!r}); from tests.support import elsewhere; "
            program += f"elsewhere.leave_unix(); sys.argv = {args[at + 1 :]!r}; "
            program += f"runpy.run_module({args[at + 1]!r}, run_name='__main__')"
            args = [*args[:at], "-c", program]
        super().__init__(args, **given)


ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

if __name__ == "__main__":
    subprocess.Popen = Popen  # type: ignore[misc]
    leave_unix()
    from sopengine.cli.main import main

    main(sys.argv[1:])
