"""AWS IoT Core: certificates, policies, things and groups of one account in one region.

Needs the extra ``aws`` (boto3), which is imported inside this room only, and there
only when a target is opened.
"""
