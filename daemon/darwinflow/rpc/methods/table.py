"""Every method of the daemon, by name."""

from darwinflow.rpc.methods import (
    connection,
    daemon,
    deletion,
    events,
    imports,
    metrics,
    retention,
    runs,
    storage,
    workflows,
)
from darwinflow.rpc.methods.method import Table

METHODS: Table = {
    **connection.METHODS,
    **workflows.METHODS,
    **runs.METHODS,
    **imports.METHODS,
    **deletion.METHODS,
    **metrics.METHODS,
    **storage.METHODS,
    **retention.METHODS,
    **events.METHODS,
    **daemon.METHODS,
}
