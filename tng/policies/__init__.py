"""Policies of AWS IoT: reading them, and telling what is too wide in them.

Knows policy documents and fleet provisioning templates as text. It makes no call, does not
simulate AWS's decision about a request, and knows nothing of IAM's roles.
"""
