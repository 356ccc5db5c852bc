"""The one adapter to a model: Vertex AI, the Gemini Developer API, or the local engine, which differ by their address only."""
