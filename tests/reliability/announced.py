"""What events have said of runs while daemons were killed."""

from daemon_process import DaemonProcess
from darwinflow.recorder.paths import Workspace


class Announced:
    """The events of runs, read now and then: the store keeps only the newest."""

    def __init__(self) -> None:
        self.runs: set[str] = set()
        self.stored: list[str] = []
        """Those that some event says are stored: one a run at most."""
        self._offset = 0

    def catch_up(self, daemon: DaemonProcess, workspace: Workspace) -> None:
        client = daemon.client(workspace)
        last = client.call("workflow/history", {"workflow": "assistant"})["offset"]
        if self._offset < last:
            client.subscribe(["run"], after=self._offset)
        while self._offset < last:
            event = client.next_event(10)
            if event is None:
                break
            self._offset = event["offset"]
            self.runs.add(event["key"])
            if event["payload"]["kind"] == "run.stored":
                self.stored.append(event["key"])
        client.close()
        assert len(set(self.stored)) == len(self.stored), "a run was announced twice"
