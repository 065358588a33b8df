"""Fediverse, Bluesky, personal pages and imports."""
