"""Personas: plain files that say who the agent is."""
