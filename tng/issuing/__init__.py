"""Registering devices that ask for their certificates: what plan and engine do not know of it.

Which targets take requests, where the certificates go that were made (`folder`), how they get
there (`delivering`), and one request after another for a bench (`one_by_one`). The calls are the
adapters' (`tng.clouds`), the loop is `tng.apply`'s.
"""
