"""Which niche a text is in, and how sure that is."""

from pipelines.topics.classifier import Topic, classify

__all__ = ["Topic", "classify"]
