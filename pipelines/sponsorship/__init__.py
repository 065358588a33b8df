"""Whether a post is paid for, says so, or earns by its links; and what shows an amateur or a professional."""

from pipelines.sponsorship.judge import Verdict, judge
from pipelines.sponsorship.signals import signals

__all__ = ["Verdict", "judge", "signals"]
