"""The graph types that hold in a workspace: read with positions, made whole, compiled once."""
