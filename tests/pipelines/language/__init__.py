"""Tests of pipelines/language."""
