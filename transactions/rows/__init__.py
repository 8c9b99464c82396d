"""What people do with lines that are there: split, tag, note, merge, search; and how each line changed."""
