"""A web that means harm, on loopback: the cases, the server that plays them, and the crawl that meets them."""
