"""Following redirects although spiders ask to see every status: at most five, each hop as polite as the first."""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response

_SEEN = ("handle_httpstatus_all", "handle_httpstatus_list")


class Redirects(RedirectMiddleware):
    """A spider that wants the redirect itself says ``meta={"dont_redirect": True}``."""

    def process_response(  # type: ignore[override]  # the spider argument is deprecated
        self, request: Request, response: Response
    ) -> Request | Response:
        if response.status not in (301, 302, 303, 307, 308):
            return response
        held = {name: request.meta.pop(name) for name in _SEEN if name in request.meta}
        try:
            result = super().process_response(request, response)
        finally:
            request.meta.update(held)
        if isinstance(result, Request):
            result.meta.update(held)
        return result
