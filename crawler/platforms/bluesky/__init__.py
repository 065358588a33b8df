"""Bluesky: accounts of the AT Protocol, read from the public AppView and the directory of DIDs."""
