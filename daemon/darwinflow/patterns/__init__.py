"""What many runs of a workflow have in common, found from their logs without reading any of them twice.

A finished run is turned into a `Lesson`: what it shows, of bounded size. Lessons go into the `Tallies` of their
workflow, which remember the last `WINDOW` runs in the order in which they were counted; `patterns_in` says which
patterns they hold. Everything here is a pure function of values.

All runs that finished are looked at, but for BOTTLENECK and SEQUENCE those alone that succeeded: a run that failed
early says nothing about where the time goes. Of a run the first 10 000 steps count, and of its nodes the first 200.

- BOTTLENECK: a node is busy for at least 60 % of a run's time and at least 1.5 times as long as any other, in at least
  80 % of the runs and in 5 or more. Looked at are runs of at least two nodes and 10 ms. Time in which several steps of
  a node overlap counts once. Details: `share`, of the run's time, at the mean.
- REPEATED_ACTION, `scope: run`: a node succeeds with the same input three times or more in one run, in at least 20 % of
  the runs and in 5 or more. Details: `times` in a run, at the mean.
- REPEATED_ACTION, `scope: runs`: a node gets the same input and gives the same output in at least 80 % of the runs and in
  10 or more. Details: `durationMs` that it takes in a run, at the mean. In both an input that is null or empty
  counts for nothing, and so does one of more than 64 Ki characters.
- SEQUENCE: three nodes or more begin one behind the other, with no other between, in at least 80 % of the runs and in 10
  or more. Attempts and repetitions in a row count as one visit; nodes that a run comes back to are no part of one.
- CORRECTION, `how: retried`: a node failed and was run again in the same run; `how: by hand`: somebody gave input (an
  action USER_INPUT) to a node whose type is not HUMAN_INPUT. Either in at least 20 % of the runs and in 5 or more.
  Details: `times` in a run, at the mean.

Confidence is the lower end of Wilson's interval of 95 %. What no run of the window shows is forgotten.
"""
