"""Floor 0: the records, the tables, writes, reads and migrations; no Scrapy, no Twisted."""
