"""Where things lie: data, configuration, spool and socket of one home, and the workspace of a file.

Computed from the environment and the names of files alone: nothing is created here, and no daemon is asked.
Programs, command line, language server and daemon all find each other through this module.
"""

import os
import stat
from collections.abc import Mapping

SETTINGS_NAME = ".darwinflow.yaml"
REFUSED_FOLDER = "refused"
"""Below the spool: journals of which the daemon did not take everything."""
_MAX_LOCK_BYTES = 8192
MAX_SETTINGS_BYTES = 1 << 20
"""A larger settings file counts as none."""
_MAX_SOCKET_DIRECTORY_BYTES = 85
"""What lies in it has at most 22 bytes more (`/`, eight letters, `.poke`, a process id while it is made): 107 in all."""


class Home:
    """All that belongs to one user's DarwinFlow. There is one daemon a home."""

    __slots__ = (
        "config",
        "data",
        "lock_path",
        "log_path",
        "socket_directory",
        "socket_path",
        "spool",
        "system_db",
    )

    def __init__(self, data: str, config: str, socket_directory: str) -> None:
        self.data = data
        """Its absolute path without symbolic links is the home's identity, which `hello` returns."""
        self.config = config
        """The folder of `config.yaml`."""
        self.spool = os.path.join(data, "spool")
        self.lock_path = os.path.join(data, "daemon.lock")
        """Locked by the daemon for life; its lines are the path of the socket that it has bound, and `data`."""
        self.log_path = os.path.join(data, "daemon.log")
        self.system_db = os.path.join(data, "system.db")
        self.socket_directory = socket_directory
        """Mode 0700; who uses it checks the owner first (`is_private`)."""
        self.socket_path = os.path.join(socket_directory, _short_hash(data))
        """Where a daemon binds. Clients ask `bound_socket`, because its environment may differ from theirs."""

    def tenant_db(self, organization: str) -> str:
        """*organization* is the opaque id, `[a-z0-9]{8,32}`."""
        return os.path.join(self.data, f"tenant-{organization}.db")

    def __repr__(self) -> str:
        return f"Home({self.data!r})"


def home_of(environ: Mapping[str, str]) -> Home:
    """The home that *environ* names: `DARWINFLOW_HOME` where set, else the XDG folders.

    An XDG variable that is no absolute path is ignored, as the XDG specification wants.
    """
    own = environ.get("DARWINFLOW_HOME")
    if own:
        data = config = os.path.realpath(own)
    else:
        user = environ.get("HOME") or _home_of_user()
        data = _xdg(environ, "XDG_DATA_HOME", user, ".local/share")
        config = _xdg(environ, "XDG_CONFIG_HOME", user, ".config")
    return Home(data, config, _socket_directory(environ))


def environ_for_elsewhere(environ: Mapping[str, str]) -> dict[str, str]:
    """*environ* for a program that starts in another folder: it finds the same home as from this one."""
    paths = {name: environ.get(name) for name in ("DARWINFLOW_HOME", "DARWINFLOW_HONKER", "HOME")}
    return {**environ, **{name: absolute(path) for name, path in paths.items() if path}}


def absolute(path: str) -> str:
    """*path* from the root, as `os.path.abspath`, also where the folder that this program stands in was removed."""
    try:
        return os.path.abspath(path)
    except FileNotFoundError:
        return os.path.normpath(os.path.join(current_folder(), path))


def current_folder() -> str:
    """The folder that this program stands in; once it is removed, the name that the shell knew it by."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        known = os.environ.get("PWD", "")
        return known if os.path.isabs(known) else os.sep


def bound_socket(home: Home) -> str | None:
    """The path that the home's daemon has written into its lock file; None where none has.

    A daemon that was killed leaves its path behind: connecting tells. A lock file that came with a copy of another
    home names that one, and is none of this home's.
    """
    try:
        fd = os.open(home.lock_path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        text = os.read(fd, _MAX_LOCK_BYTES) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return None
    finally:
        os.close(fd)
    first, _, rest = text.partition(b"\n")
    path = os.fsdecode(first).strip()
    is_ours = not rest or rest.startswith(os.fsencode(home.data) + b"\n")
    return path if os.path.isabs(path) and is_ours else None


def lock_text(home: Home, socket_path: str) -> bytes:
    """What `bound_socket` reads."""
    return os.fsencode(f"{socket_path}\n{home.data}\n")


def poke_path(socket_path: str) -> str:
    """The datagram socket beside *socket_path*, on which recorders tell the daemon that a journal has grown."""
    return socket_path + ".poke"


def is_private(directory: str) -> bool:
    """Whether *directory* is a real folder of this user that nobody else may enter."""
    try:
        status = os.lstat(directory)
    except OSError:
        return False
    return status.st_mode & 0o170077 == 0o040000 and status.st_uid == os.getuid()


class Workspace:
    """The folder that a file belongs to, and what its settings say."""

    __slots__ = ("folder", "settings")

    def __init__(self, folder: str, settings: str | None) -> None:
        self.folder = folder
        """Absolute."""
        self.settings = settings
        """Text of its `.darwinflow.yaml`; None where it has none that can be read as UTF-8."""


def nearest_settings(path: str) -> Workspace:
    """The workspace of the file *path*, which need not exist."""
    return workspace_of(os.path.dirname(absolute(path)))


def workspace_of(folder: str) -> Workspace:
    """That of the files in *folder*: the nearest folder with settings, else the nearest with `.git`, else its own."""
    folder = absolute(folder)
    repository: str | None = None
    for above in _upward(folder):
        settings = os.path.join(above, SETTINGS_NAME)
        if os.path.isfile(settings):
            return Workspace(above, None if _leads_out(settings, above) else _settings_text(settings))
        if repository is None and os.path.exists(os.path.join(above, ".git")):
            repository = above
    return Workspace(repository or folder, None)


def _leads_out(settings: str, folder: str) -> bool:
    """Whether a settings file is a link out of its folder: a repository says nothing of files beside it."""
    inside = os.path.join(os.path.realpath(folder), "")
    return os.path.islink(settings) and not os.path.realpath(settings).startswith(inside)


def _upward(folder: str) -> list[str]:
    folders = [folder]
    while (parent := os.path.dirname(folders[-1])) != folders[-1]:
        folders.append(parent)
    return folders


def _settings_text(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_SETTINGS_BYTES + 1)
        return content.decode() if len(content) <= MAX_SETTINGS_BYTES else None
    except (OSError, UnicodeDecodeError):
        return None


def _xdg(environ: Mapping[str, str], name: str, user: str, default: str) -> str:
    base = environ.get(name, "")
    if not os.path.isabs(base):
        base = os.path.join(user, default)
    return os.path.realpath(os.path.join(base, "darwinflow"))


def _home_of_user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_dir


def _socket_directory(environ: Mapping[str, str]) -> str:
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    directory = os.path.join(runtime, "darwinflow")
    if not os.path.isabs(directory) or len(os.fsencode(directory)) > _MAX_SOCKET_DIRECTORY_BYTES:
        return f"/tmp/darwinflow-{os.getuid()}"  # noqa: S108  # private: the owner and mode are checked before use
    return directory


def _short_hash(data: str) -> str:
    from darwinflow.recorder.checksum import sha256_hex

    return sha256_hex(os.fsencode(data))[:8]
