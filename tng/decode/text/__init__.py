"""Certificates in texts: PEM files, consoles' logs, hex dumps, and mixtures of them."""
