"""The only room that changes anything in a cloud: rate, retries, ledger, resume.

It knows no cloud and prints nothing: it takes a plan, an adapter and a ledger.
"""
