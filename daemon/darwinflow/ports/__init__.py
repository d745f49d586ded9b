"""What the library needs of the outside, as protocols. The contract suites in `tests/contract` are their meaning."""
