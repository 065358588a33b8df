"""The polite-crawling add-on."""
