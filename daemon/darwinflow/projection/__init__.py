"""From a positioned document to a typed graph and references. What reads the result knows no dialect."""
