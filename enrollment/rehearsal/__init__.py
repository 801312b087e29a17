"""An opening morning, rehearsed: invented groups and families, the real server, and a client that sends what they send."""
