"""Azure DPS: individual enrollments of one Device Provisioning Service.

Needs the extra ``azure``, which is imported inside this room only, and there only when a
target is opened.
"""
