"""What went wrong with a request, as an outcome word and a sentence with the way out."""

from __future__ import annotations

from scrapy.exceptions import IgnoreRequest

FAILURES = {
    "CannotResolveHostError": ("dns", "no such host; check the spelling, or take the source off the list"),
    "DownloadTimeoutError": ("timeout", "no answer in time; it is tried again later"),
    "DownloadConnectionRefusedError": ("refused", "the host takes no connections; it is tried again later"),
    "DownloadFailedError": ("connection", "the connection broke; it is tried again later"),
    "ResponseDataLossError": ("cut_short", "the answer ended early; it is tried again later"),
    "DownloadCancelledError": ("too_large", "the answer was larger than a page may be"),
    "UnsupportedURLSchemeError": ("scheme", "only http:// and https:// are crawled"),
    "RobotsForbid": ("robots", "robots.txt asks us to stay away, so we do"),
    "RobotsUnreachable": ("robots_unreachable", "robots.txt can't be had, so the host is closed; tried again later"),
    "NotIndexable": ("noindex", "the page asks not to be indexed, so nothing of it is stored"),
    "HostResting": ("resting", "the host asked for a pause; it is tried again after it"),
    "BudgetSpent": ("budget", "the host has had its requests for today"),
    "ForbiddenAddress": ("forbidden_address", "the name leads to no public address"),
    "TooMuch": ("too_large", "larger, deeper or more often compressed than an honest page is"),
    "Trap": ("trap", "an address as endless mazes make them; give the one of the blog itself"),
    "BadGzipFile": ("garbled", "the answer can't be unpacked; it is tried again later"),
    "Suppressed": ("suppressed", "somebody asked to be left out, so nothing of theirs is fetched or kept"),
    "DatabaseProblem": ("database", "our own database was away; run the crawl again"),
    "NoContact": ("no_contact", "set GRAPEVINE_CONTACT to a page or address by which you can be reached"),
}
"""Exception name -> outcome word and the sentence that goes with it."""


def failure_of(error: BaseException) -> tuple[str, str]:
    """The outcome word and the sentence for what went wrong with a request."""
    if isinstance(error, IgnoreRequest) and "max redirections" in str(error):
        return "redirect_loop", "it redirects without end; give the address where it should lead"
    if isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in str(error):
        return FAILURES["TooMuch"]
    return FAILURES.get(type(error).__name__, ("error", f"{type(error).__name__}; see the log"))
