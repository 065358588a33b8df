"""Personal pages and link hubs; pages of closed networks only as somebody saved them."""
