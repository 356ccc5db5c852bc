"""Who comes in and how: one port for sockets and REST, credentials, ephemeral tokens."""
