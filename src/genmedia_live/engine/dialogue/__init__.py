"""One Live session as a machine, and its parts. Pure."""
