"""Python functions that the agent may call while it talks. `tool` is all that one needs."""

from genmedia_live.tools.declaring import Tool, ToolContext, ToolError, tool

__all__ = ["Tool", "ToolContext", "ToolError", "tool"]
