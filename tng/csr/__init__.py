"""Certificate requests (PKCS#10, RFC 2986): read, checked, and made with keys in tokens.

A request proves that whoever made it has the private key, and nothing else: that the key sits in a
genuine chip is the word of whoever read it out. Nothing here calls a cloud.
"""
