"""Text that terminals, spreadsheets, browsers and ticket systems would take for more than text."""

import re

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "line\nanother: verified",
    "carriage\rreturn",
    "nul\0nul",
    "\u202egnp.exe",
    "\u2066isolate\u2069",
    "\ufeff\u200bhidden",
    "surrogate\udcff",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "<script>alert(1)</script>",
    "| a | b |",
    "[link](javascript:x) ![i](x) `code` **bold** ~~x~~ &lt;",
    "<r><t>markup of a workbook</t></r>",
    "_x0041_ \uffff",
    "@octocat https://evil.example/?q www.evil.example someone@evil.example #1 :tada:",
    "1. item",
    "]]> {0} %s ../../etc/passwd",
    'quote " comma , semicolon ;',
)
