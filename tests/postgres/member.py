"""A daemon on the machine of a member of a team."""

import os
from datetime import UTC, datetime
from pathlib import Path

from daemon_process import DaemonProcess
from darwinflow.ports.identity import Account, Organization
from darwinflow.storage.opening import open_identity


def daemon_of(home, organization, role, server, metrics=None):
    """A daemon, not started, whose person is in *organization* as *role*; *metrics* elsewhere than its runs."""
    daemon = DaemonProcess(home)
    os.makedirs(daemon.home.data, mode=0o700, exist_ok=True)
    os.makedirs(daemon.home.config, exist_ok=True)
    identity = open_identity(daemon.home.system_db, now=lambda: datetime.now(UTC))
    identity.create_personal(
        Account(f"{role}{role}{role}", role, os.getuid()), Organization(organization.id, "personal")
    )
    identity.close()
    dsn = f"postgresql://{role}@/postgres?host={server.folder}"
    place = f"{{type: postgres, dsn: '{dsn}'}}"
    Path(daemon.home.config, "config.yaml").write_text(
        f"storage:\n  logs: {place}\n  metrics: {metrics or place}\n"
    )
    return daemon
