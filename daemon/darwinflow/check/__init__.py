"""What is wrong in a document: rules, one file each, and the engine that runs no more of them than an edit needs."""
