"""Crawls of real servers, which set themselves up: ``python -m tests.real.setup``, then pytest with GRAPEVINE_REAL."""
