"""Which niche a text is in, and how sure that is: ``classifier.classify``; ``taxonomy`` alone needs no numpy."""
