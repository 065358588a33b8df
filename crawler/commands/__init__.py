"""The project's own commands: a file's name is the command's name (`scrapy <name>`)."""
