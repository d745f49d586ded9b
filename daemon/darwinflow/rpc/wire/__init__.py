"""Models of what crosses the socket: camelCase there, closed, immutable, every size bounded."""
