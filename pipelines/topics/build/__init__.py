"""How the shipped models are made: run lexicon, then train, then head (docs/topics.md)."""
