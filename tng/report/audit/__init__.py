"""The forms of an audit's report: one file (or folder) a form, `registry` names them."""
