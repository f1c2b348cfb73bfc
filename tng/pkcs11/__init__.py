"""Keys in PKCS#11 tokens: their URIs, sessions, and signatures made with them.

It knows nothing of what is signed. `python-pkcs11` is loaded only when a token is opened.
"""
