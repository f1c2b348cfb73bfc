"""The clouds: one adapter each, behind one interface."""
