"""The ports on plain files, to be read with cat and kept in git."""
