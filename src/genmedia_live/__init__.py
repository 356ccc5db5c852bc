"""GenMedia Live: talk with an AI agent in real time, online through Gemini Live or offline through the local engine."""

__version__ = "0.1.0"
