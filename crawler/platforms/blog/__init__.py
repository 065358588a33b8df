"""The blog platform: any blog on any software, read through its feed, its posts and its pages about its owner."""
