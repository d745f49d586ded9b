"""Names that a workflow reads or gives beside its nodes and edges: inputs of the run, nodes in templates, keys of edges.

Kept in flat tables as the references are; the rules look closer only at segments whose rows show that a name is wrong.
"""
