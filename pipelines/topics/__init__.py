"""Which niche a text is in, and how sure that is."""
