"""The ports in memory: real back ends, which pass the same suites as the others. Tests use them freely."""
