"""Recorded material that ships with the project, each folder with its own README and provenance."""
