"""What style asks of a text, as edits of blanks and line ends. No value, comment, anchor or tag is ever changed."""
