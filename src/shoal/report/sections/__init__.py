"""What a page says, a file for each section; each takes plain data and gives a section, or None."""
