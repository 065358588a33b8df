"""YouTube channels: their pages, the Data API, and nothing that robots.txt forbids."""
