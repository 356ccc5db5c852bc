"""The conversation as pure machines: events and `now` come in, actions come out. Nothing here does I/O or reads a clock."""
