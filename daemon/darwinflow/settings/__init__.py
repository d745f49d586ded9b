"""The configuration files, read with our own engine: what they say, and what is wrong in them at its place."""
