"""What fleets of 10, 100 and 1,000 million devices would take, from what was measured.

`assumptions` holds the figures and where each is from, `stages` the closed formulas,
`events` plays registering through token buckets, shards and interruptions, and `pages` writes
`docs/scale.md`. Nothing here calls a cloud, and no price is built in.
"""
