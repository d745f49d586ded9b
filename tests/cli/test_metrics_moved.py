"""Figures kept elsewhere from now on, beside runs that were there before."""

from cli.recorded_runs import record
from cli.test_storage import configure


def test_figures_that_were_kept_elsewhere_before_are_said_to_be_counted_by_a_repair(darwinflow, tmp_path):
    record(darwinflow, 12)
    assert "12" in darwinflow("metrics").stdout
    darwinflow("daemon", "stop")
    configure(tmp_path, "storage: {metrics: {type: file}}\n")
    for asked in (["metrics"], ["metrics", "greet"]):
        shown = darwinflow(*asked).stdout
        assert shown.startswith("Runs have ended here and none is counted")
        assert "darwinflow storage repair" in shown
    told = darwinflow("storage", "status").stderr
    assert "warning: metrics: none of 12 runs is counted" in told
    darwinflow("storage", "repair")
    assert "12" in darwinflow("metrics").stdout
    assert "is counted" not in darwinflow("storage", "status").stderr
