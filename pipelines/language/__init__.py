"""Language: which language a short text is in, how sure that is, and which languages a creator writes in."""

from __future__ import annotations

from pipelines.language.creators import LanguageShare, languages_of
from pipelines.language.detection import Detection, detect

__all__ = ["Detection", "LanguageShare", "detect", "languages_of"]
