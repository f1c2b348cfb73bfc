"""Tolerant, bounded reading of certificates; knows no vendor and no trust."""
