"""How the shipped model is made: `python -m pipelines.topics.build.lexicon`, then `python -m pipelines.topics.build.train`."""
