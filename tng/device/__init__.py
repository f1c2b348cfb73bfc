"""The device's own view of a cloud: does what was registered work, tried with a key in a file.

One file a cloud holds the conversation (`dps`); identity and results are shared by all.
Nothing here changes an enrollment, and no key leaves this process.
"""
