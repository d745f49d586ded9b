"""Every method of the daemon, by name."""

from darwinflow.rpc.methods import connection, daemon, events, metrics, runs, workflows
from darwinflow.rpc.methods.method import Table

METHODS: Table = {
    **connection.METHODS,
    **workflows.METHODS,
    **runs.METHODS,
    **metrics.METHODS,
    **events.METHODS,
    **daemon.METHODS,
}
