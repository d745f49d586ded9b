"""What conditions and contexts refer to, and whether it is known where they stand.

Rows of names are kept in flat tables that an edit splices; the rules look closer only at segments whose rows show
that something is wrong there.
"""
