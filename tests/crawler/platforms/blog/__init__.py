"""Tests of the blog platform."""
