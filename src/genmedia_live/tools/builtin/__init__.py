"""The tools that come with the package."""
