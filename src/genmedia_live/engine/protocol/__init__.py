"""The Live wire: its fields as data, its messages, how each model behaves on it."""
