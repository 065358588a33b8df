"""The influencer index: pure functions over what storage reads."""
