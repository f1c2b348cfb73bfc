"""The audit: what was delivered, against what was ordered and what the clouds hold.

Read only: nothing here changes a cloud. `auditing` is the front door; `models` is what
every form of the report is made from.
"""
