"""Organizations and who belongs to them: the rules, on ports."""
