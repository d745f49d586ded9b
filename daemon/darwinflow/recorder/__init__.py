"""What programs import to record their runs; standard library only, and nothing else of ours."""
