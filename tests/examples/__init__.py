"""The ready pipelines of examples/, run as far as a machine without GitHub and a cluster can."""
