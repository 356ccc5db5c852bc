"""The size of a JPEG, for those who take no other picture."""

from genmedia_live.core.pictures import jpeg_size as size

__all__ = ["size"]
