"""One folder a platform, always the same names inside: spider.py, extract.py, urls.py, platform.toml, samples/."""
