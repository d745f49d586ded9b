"""Every method of the daemon, by name."""

from darwinflow.rpc.methods import (
    connection,
    daemon,
    deletion,
    events,
    imports,
    metrics,
    patterns,
    retention,
    runs,
    storage,
    workflow_deletion,
    workflows,
)
from darwinflow.rpc.methods.method import Table

METHODS: Table = {
    **connection.METHODS,
    **workflows.METHODS,
    **workflow_deletion.METHODS,
    **runs.METHODS,
    **imports.METHODS,
    **deletion.METHODS,
    **metrics.METHODS,
    **patterns.METHODS,
    **storage.METHODS,
    **retention.METHODS,
    **events.METHODS,
    **daemon.METHODS,
}
