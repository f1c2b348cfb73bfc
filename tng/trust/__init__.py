"""Who is trusted: vendor anchors as data, and the store that looks them up by key."""
