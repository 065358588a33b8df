"""The scores of a creator: small modules of pure functions, each result with its interval and the rows it rests on."""
