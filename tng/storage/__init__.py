"""Files by name, wherever they lie: on this machine, in Amazon S3 or in Azure Blob Storage.

It turns a name (a path or a URL) into streams of bytes, and everything that can go wrong on the
way into our errors. It does not know what the bytes mean. Credentials come from the clouds' own
chains and never from a name; nothing in an input is ever taken for a name.
"""
