"""The fediverse: Mastodon's API and ActivityPub actors of any software, at the account's home server."""
