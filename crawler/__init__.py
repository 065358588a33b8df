"""Navigation: spiders, one folder a platform, and the wiring around them (the items are in storage/records.py)."""
