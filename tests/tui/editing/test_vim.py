"""Vim's keys: what they leave is what Vim 9.0 leaves, and hold whatever is typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tui.editing.vim_player import Player
from tusk.tui.editing.change import Range
from tusk.tui.editing.vim.commands import Command, InvalidKeysError, parse
from tusk.tui.editing.vim.editing import Register
from tusk.tui.editing.vim.state import Effect, Mode

ONE = "select a, b from t"
MANY = "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast"
CALL = "f(a,\n  b,\n  c\n)\nz"
TALL = "f(\n  a,\n  b\n)"
STRINGS = "say 'it''s' and \"so\" on"
MIXED = "aa_bb cc.dd  ee;ff\nGg hh"
INDENTED = "  ind ented\n  b c\n end"
GAP = "a\n\nb"
EMPTY = ""

# Text, keys, and what Vim 9.0.1378 made of them (`set sw=2 et ai nojs sol`), with R
# in the unnamed register.
VIM = [
    (ONE, "wx", "select , b from t", (1, 8)),
    (ONE, "3x", "ect a, b from t", (1, 1)),
    (ONE, "wdw", "select , b from t", (1, 8)),
    (ONE, "dW", "a, b from t", (1, 1)),
    (ONE, "2dw", ", b from t", (1, 1)),
    (ONE, "d3w", "b from t", (1, 1)),
    (ONE, "d$", "", (1, 1)),
    (ONE, "D", "", (1, 1)),
    (ONE, "wC1\x1b", "select 1", (1, 8)),
    (ONE, "cwx\x1b", "x a, b from t", (1, 1)),
    (ONE, "wcex\x1b", "select x b from t", (1, 8)),
    (ONE, "$x", "select a, b from ", (1, 17)),
    (ONE, "$Xx", "select a, b from", (1, 16)),
    (ONE, "$dbx", "select a, b ", (1, 12)),
    (ONE, "wyiwP", "select aa, b from t", (1, 8)),
    (ONE, "yiwp", "sselectelect a, b from t", (1, 7)),
    (ONE, "yw2P", "select select select a, b from t", (1, 14)),
    (ONE, "ft;x", "select a, b from ", (1, 17)),
    (ONE, "tb;x", "select a,b from t", (1, 10)),
    (ONE, "$Fax", "select , b from t", (1, 8)),
    (ONE, "$Ta;x", "select a b from t", (1, 9)),
    (ONE, "$Fa,x", "select , b from t", (1, 8)),
    (ONE, "f,dT ", "select , b from t", (1, 8)),
    (ONE, "d0", "select a, b from t", (1, 1)),
    (ONE, "wd0", "a, b from t", (1, 1)),
    (ONE, "w~", "select A, b from t", (1, 9)),
    (ONE, "3~", "SELect a, b from t", (1, 4)),
    (ONE, "rz", "zelect a, b from t", (1, 1)),
    (ONE, "3rz", "zzzect a, b from t", (1, 3)),
    (ONE, "20rz", "select a, b from t", (1, 1)),
    (ONE, "g~w", "SELECT a, b from t", (1, 1)),
    (ONE, "gUiw", "SELECT a, b from t", (1, 1)),
    (ONE, "gUUw", "SELECT A, B FROM T", (1, 8)),
    (ONE, "gu$x", "elect a, b from t", (1, 1)),
    (ONE, "ylvp", "select a, b from t", (1, 1)),
    (ONE, "vwd", ", b from t", (1, 1)),
    (ONE, "veU", "SELECT a, b from t", (1, 1)),
    (ONE, "vbd", "elect a, b from t", (1, 1)),
    (ONE, "wvbd", ", b from t", (1, 1)),
    (ONE, "vex.", "from t", (1, 1)),
    (ONE, "ve~w.", "SELECT A, B From t", (1, 8)),
    (ONE, "wveyP", "select a,a, b from t", (1, 9)),
    (ONE, "veohx", " a, b from t", (1, 1)),
    (ONE, "ix\x1b", "xselect a, b from t", (1, 1)),
    (ONE, "3ix\x1b", "xxxselect a, b from t", (1, 3)),
    (ONE, "Ax\x1b0i-\x1b", "-select a, b from tx", (1, 1)),
    (ONE, "ax\x1b", "sxelect a, b from t", (1, 2)),
    (ONE, "I-\x1b", "-select a, b from t", (1, 1)),
    (ONE, "ox\x1b", "select a, b from t\nx", (2, 1)),
    (ONE, "Ox\x1b", "x\nselect a, b from t", (1, 1)),
    (ONE, "2ox\x1b", "select a, b from t\nx\nx", (3, 1)),
    (ONE, "cwxy\x1bw.", "xy xy, b from t", (1, 5)),
    (ONE, "cwxy\x1bww2.", "xy axy from t", (1, 6)),
    (ONE, "x..", "ect a, b from t", (1, 1)),
    (ONE, "2x.", "ct a, b from t", (1, 1)),
    (ONE, "wi1\x1b..", "select 111a, b from t", (1, 8)),
    (ONE, "yyp", "select a, b from t\nselect a, b from t", (2, 1)),
    (ONE, "yyP", "select a, b from t\nselect a, b from t", (1, 1)),
    (ONE, "2yyp", "sRelect a, b from t", (1, 2)),
    (ONE, "Vyp", "select a, b from t\nselect a, b from t", (2, 1)),
    (ONE, "xp", "eslect a, b from t", (1, 2)),
    (ONE, "cc1\x1b", "1", (1, 1)),
    (ONE, "S1\x1b", "1", (1, 1)),
    (ONE, "s1\x1b", "1elect a, b from t", (1, 1)),
    (ONE, "3s1\x1b", "1ect a, b from t", (1, 1)),
    (ONE, "5lgex", "elect a, b from t", (1, 1)),
    (ONE, "$gEx", "select a, b fro t", (1, 16)),
    (ONE, "$bbx", "select a,  from t", (1, 11)),
    (ONE, "0wwwBx", "select , b from t", (1, 8)),
    (ONE, "wEx", "select a b from t", (1, 9)),
    (ONE, "wger-", "selec- a, b from t", (1, 6)),
    (ONE, "f,ylp", "select a,, b from t", (1, 10)),
    (ONE, '"ayw"Ayw$"ap', "select a, b from tselect select ", (1, 32)),
    (ONE, '"_dwP', "Ra, b from t", (1, 1)),
    (ONE, 'yw"_dwP', "select a, b from t", (1, 7)),
    (ONE, "ddp", "\nselect a, b from t", (2, 1)),
    (ONE, "18|x", "select a, b from ", (1, 17)),
    (ONE, "3|x", "seect a, b from t", (1, 3)),
    (ONE, "d20|", "t", (1, 1)),
    (ONE, ",x", "elect a, b from t", (1, 1)),
    (ONE, ";x", "elect a, b from t", (1, 1)),
    (ONE, "daw", "a, b from t", (1, 1)),
    (ONE, "wdaw", "select, b from t", (1, 7)),
    (ONE, "$daw", "select a, b from", (1, 16)),
    (ONE, "wd2aw", "select b from t", (1, 8)),
    (ONE, "diwdiw", "a, b from t", (1, 1)),
    (ONE, "caw1\x1b", "1a, b from t", (1, 1)),
    (MANY, "jdd", "one two\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (MANY, "jddp", "one two\n\n  three four\nfive (six, seven(8)) nine\n\n\nlast", (3, 3)),
    (MANY, "jddP", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 3)),
    (MANY, "2ddp", "\none two\n  three four\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (MANY, "j2dd", "one two\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (MANY, "dj", "\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "jdk", "\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "Gdk", "one two\n  three four\n\nfive (six, seven(8)) nine\n", (5, 1)),
    (MANY, "dG", "", (1, 1)),
    (MANY, "jdgg", "\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "3GD", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (3, 1)),
    (MANY, "d}", "\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "}d}", "one two\n  three four\n\n\nlast", (3, 1)),
    (MANY, "jd}", "one two\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (MANY, "jwd}", "one two\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (MANY, "}}dd", "one two\n  three four\n\nfive (six, seven(8)) nine\n\nlast", (5, 1)),
    (MANY, "jw%x", "one two\n  hree four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 3)),
    (MANY, "4Gf(%x", "one two\n  three four\n\nfive (six, seven(8) nine\n\n\nlast", (4, 20)),
    (MANY, "4Gf(d%", "one two\n  three four\n\nfive  nine\n\n\nlast", (4, 6)),
    (MANY, "4G%di(", "one two\n  three four\n\nfive () nine\n\n\nlast", (4, 7)),
    (MANY, "4Gfxdi(", "one two\n  three four\n\nfive () nine\n\n\nlast", (4, 7)),
    (MANY, "4Gfsdi(", "one two\n  three four\n\nfive () nine\n\n\nlast", (4, 7)),
    (MANY, "4Gf8di(", "one two\n  three four\n\nfive (six, seven()) nine\n\n\nlast", (4, 18)),
    (MANY, "4Gf8da(", "one two\n  three four\n\nfive (six, seven) nine\n\n\nlast", (4, 17)),
    (MANY, "4Gf8d2i(", "one two\n  three four\n\nfive () nine\n\n\nlast", (4, 7)),
    (MANY, "4Gf8ci(1\x1b", "one two\n  three four\n\nfive (six, seven(1)) nine\n\n\nlast", (4, 18)),
    (MANY, "dip", "\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "dap", "five (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "jdap", "five (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "3Gdap", "one two\n  three four\n\n\nlast", (3, 1)),
    (MANY, "4Gdap", "one two\n  three four\n\nlast", (4, 1)),
    (MANY, "Gdap", "one two\n  three four\n\nfive (six, seven(8)) nine", (4, 1)),
    (
        MANY,
        "yapP",
        "one two\n  three four\n\none two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast",
        (1, 1),
    ),
    (
        MANY,
        "yipGp",
        "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast\none two\n  three four",
        (8, 1),
    ),
    (MANY, "J", "one two three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 8)),
    (MANY, "3J", "one two three four\nfive (six, seven(8)) nine\n\n\nlast", (1, 18)),
    (MANY, "jJx", "one two\n  three fou\nfive (six, seven(8)) nine\n\n\nlast", (2, 11)),
    (MANY, "VjJ", "one two three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 8)),
    (MANY, "VjdP", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "vjd", " three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (
        MANY,
        "vjyP",
        "one two\n one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast",
        (1, 1),
    ),
    (MANY, "Vjcx\x1b", "x\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "Vj>", "  one two\n    three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 3)),
    (MANY, "Vj<", "one two\nthree four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "2>>", "  one two\n    three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 3)),
    (MANY, "jw<<x", "one two\nhree four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (MANY, ">}", "  one two\n    three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 3)),
    (MANY, "j>j.", "one two\n      three four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 7)),
    (
        MANY,
        "wyjP",
        "one two\n  three four\none two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast",
        (1, 1),
    ),
    (
        MANY,
        "jyjp",
        "one two\n  three four\n  three four\n\n\nfive (six, seven(8)) nine\n\n\nlast",
        (3, 3),
    ),
    (MANY, "Gykp", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\n\nlast\nlast", (7, 1)),
    (MANY, "+x", "one two\n  hree four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 3)),
    (MANY, "j-x", "ne two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "G-x", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (6, 1)),
    (MANY, "2Gx", "one two\n  hree four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 3)),
    (MANY, "Gggx", "ne two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "3+x", "one two\n  three four\n\nive (six, seven(8)) nine\n\n\nlast", (4, 1)),
    (MANY, "}x", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (3, 1)),
    (MANY, "}}x", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (5, 1)),
    (MANY, "jww}x", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (3, 1)),
    (MANY, "jwj^x", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (3, 1)),
    (MANY, "j$jx", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (3, 1)),
    (MANY, "j$kx", "one tw\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 6)),
    (MANY, "$jjjix\x1b", "one two\n  three four\n\nfive (six, seven(8)) ninxe\n\n\nlast", (4, 25)),
    (MANY, "wjx", "one two\n  thee four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 5)),
    (MANY, "ejjjx", "one two\n  three four\n\nfie (six, seven(8)) nine\n\n\nlast", (4, 3)),
    (MANY, "jo1\x1b", "one two\n  three four\n  1\n\nfive (six, seven(8)) nine\n\n\nlast", (3, 3)),
    (MANY, "jO1\x1b", "one two\n  1\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 3)),
    (MANY, "jA;\x1bj.", "one two\n  three four;\n;\nfive (six, seven(8)) nine\n\n\nlast", (3, 1)),
    (MANY, "Ax\x1bjj.", "one twox\n  three four\nx\nfive (six, seven(8)) nine\n\n\nlast", (3, 1)),
    (MANY, "cj1\x1b", "1\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "jS1\x1b", "one two\n  1\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 3)),
    (MANY, "gUj", "ONE TWO\n  THREE FOUR\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "guip", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "jg~~x", "one two\n THREE FOUR\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (MANY, "VU", "ONE TWO\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "vjU", "ONE TWO\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "yyjVp", "one two\none two\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (
        MANY,
        "yyjvp",
        "one two\n\none two\n three four\n\nfive (six, seven(8)) nine\n\n\nlast",
        (3, 1),
    ),
    (MANY, "ywjVp", "one two\none \n\nfive (six, seven(8)) nine\n\n\nlast", (2, 1)),
    (
        MANY,
        "Vypp",
        "one two\none two\none two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast",
        (3, 1),
    ),
    (MANY, "jgg2dd", "\nfive (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "4G3wciWx\x1b", "one two\n  three four\n\nfive x seven(8)) nine\n\n\nlast", (4, 6)),
    (MANY, "xjp", "ne two\n o three four\n\nfive (six, seven(8)) nine\n\n\nlast", (2, 2)),
    (MANY, "wd2j", "five (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "4Gd2f,", "one two\n  three four\n\nfive (six, seven(8)) nine\n\n\nlast", (4, 1)),
    (MANY, "4Gct(1\x1b", "one two\n  three four\n\n1(six, seven(8)) nine\n\n\nlast", (4, 1)),
    (MANY, "vip>", "  one two\n    three four\n\nfive (six, seven(8)) nine\n\n\nlast", (1, 3)),
    (MANY, "vapd", "five (six, seven(8)) nine\n\n\nlast", (1, 1)),
    (MANY, "Gvgg~", "ONE TWO\n  THREE FOUR\n\nFIVE (SIX, SEVEN(8)) NINE\n\n\nLast", (1, 1)),
    (CALL, "f(di(", "f(\n)\nz", (1, 2)),
    (CALL, "f(da(", "f\nz", (1, 1)),
    (CALL, "f(%x", "f(a,\n  b,\n  c\n\nz", (4, 1)),
    (CALL, "%x", "f(a,\n  b,\n  c\n\nz", (4, 1)),
    (CALL, "jdi(", "f(\n)\nz", (1, 2)),
    (CALL, "jci(x\x1b", "f(x\n)\nz", (1, 3)),
    (CALL, "jda(", "f\nz", (1, 1)),
    (CALL, "jyi(Gp", "f(a,\n  b,\n  c\n)\nza,\n  b,\n  c", (5, 2)),
    (CALL, "ldi(", "f(\n)\nz", (1, 2)),
    (CALL, "dap", "", (1, 1)),
    (TALL, "jdi(", "f(\n)", (2, 1)),
    (TALL, "jci(x\x1b", "f(\n  x\n)", (2, 3)),
    (TALL, "jyi(P", "f(\n  a,\n  b\n  a,\n  b\n)", (2, 3)),
    (TALL, "di(", "f(\n)", (2, 1)),
    (TALL, "da(", "f", (1, 1)),
    (TALL, "jvi(d", "f(\n)", (2, 1)),
    (TALL, "jdi(", "f(\n)", (2, 1)),
    (STRINGS, 'ci"x\x1b', "say 'it''s' and \"x\" on", (1, 18)),
    (STRINGS, 'f"di"', "say 'it''s' and \"\" on", (1, 18)),
    (STRINGS, 'fsda"', "say 'it''s' and on", (1, 17)),
    (STRINGS, '$di"', "say 'it''s' and \"so\" on", (1, 23)),
    (STRINGS, 'yi"P', "say 'it''s' and \"soso\" on", (1, 19)),
    (STRINGS, 'wwda"', "say 'it''s' and on", (1, 17)),
    (STRINGS, "ci`x\x1b", "ay 'it''s' and \"so\" on", (1, 1)),
    (MIXED, "wdw", "aa_bb .dd  ee;ff\nGg hh", (1, 7)),
    (MIXED, "wdW", "aa_bb ee;ff\nGg hh", (1, 7)),
    (MIXED, "wciwx\x1b", "aa_bb x.dd  ee;ff\nGg hh", (1, 7)),
    (MIXED, "wlciwx\x1b", "aa_bb x.dd  ee;ff\nGg hh", (1, 7)),
    (MIXED, "dej", " cc.dd  ee;ff\nGg hh", (2, 1)),
    (MIXED, "wWbx", "aa_bb cc.d  ee;ff\nGg hh", (1, 10)),
    (MIXED, "WBx", "a_bb cc.dd  ee;ff\nGg hh", (1, 1)),
    (MIXED, "3wx", "aa_bb cc.d  ee;ff\nGg hh", (1, 10)),
    (MIXED, "3Wx", "aa_bb cc.dd  ee;ff\ng hh", (2, 1)),
    (MIXED, "3ex", "aa_bb ccdd  ee;ff\nGg hh", (1, 9)),
    (MIXED, "3Ex", "aa_bb cc.dd  ee;f\nGg hh", (1, 17)),
    (MIXED, "$daw", "aa_bb cc.dd  ee;\nGg hh", (1, 16)),
    (MIXED, "wdaW", "aa_bb ee;ff\nGg hh", (1, 7)),
    (MIXED, "fe;x", "aa_bb cc.dd  e;ff\nGg hh", (1, 15)),
    (MIXED, "jg_x", "aa_bb cc.dd  ee;ff\nGg h", (2, 4)),
    (MIXED, "y$jp", "aa_bb cc.dd  ee;ff\nGaa_bb cc.dd  ee;ffg hh", (2, 19)),
    (MIXED, "2dd", "", (1, 1)),
    (MIXED, "ddx", "g hh", (1, 1)),
    (MIXED, "Gdd", "aa_bb cc.dd  ee;ff", (1, 1)),
    (MIXED, "Gddp", "aa_bb cc.dd  ee;ff\nGg hh", (2, 1)),
    (MIXED, "vjp", "Rg hh", (1, 1)),
    (MIXED, "jVkd", "", (1, 1)),
    (INDENTED, "x", " ind ented\n  b c\n end", (1, 1)),
    (INDENTED, "wx", "  nd ented\n  b c\n end", (1, 3)),
    (INDENTED, "ddx", "   c\n end", (1, 3)),
    (INDENTED, "jddx", "  ind ented\n nd", (2, 2)),
    (INDENTED, "I1\x1b", "  1ind ented\n  b c\n end", (1, 3)),
    (INDENTED, "^x", "  nd ented\n  b c\n end", (1, 3)),
    (INDENTED, "0x", " ind ented\n  b c\n end", (1, 1)),
    (INDENTED, "jx", "  ind ented\n b c\n end", (2, 1)),
    (INDENTED, "o1\x1b", "  ind ented\n  1\n  b c\n end", (2, 3)),
    (INDENTED, "O1\x1b", "  1\n  ind ented\n  b c\n end", (1, 3)),
    (INDENTED, "jO1\x1b", "  ind ented\n  1\n  b c\n end", (2, 3)),
    (INDENTED, "cc1\x1b", "  1\n  b c\n end", (1, 3)),
    (INDENTED, "3>>", "    ind ented\n    b c\n   end", (1, 5)),
    (INDENTED, "<<", "ind ented\n  b c\n end", (1, 1)),
    (INDENTED, "<<<<", "ind ented\n  b c\n end", (1, 1)),
    (INDENTED, ">>.", "      ind ented\n  b c\n end", (1, 7)),
    (INDENTED, "JJ", "  ind ented b c end", (1, 16)),
    (INDENTED, "g_x", "  ind ente\n  b c\n end", (1, 10)),
    (INDENTED, "0d^", "ind ented\n  b c\n end", (1, 1)),
    (INDENTED, "j0dw", "  ind ented\nb c\n end", (2, 1)),
    (INDENTED, "wr\r", "  \n  nd ented\n  b c\n end", (2, 2)),
    (GAP, "dd", "\nb", (1, 1)),
    (GAP, "jdd", "a\nb", (2, 1)),
    (GAP, "jx", "a\n\nb", (2, 1)),
    (GAP, "jp", "a\nR\nb", (2, 1)),
    (GAP, "Gp", "a\n\nbR", (3, 2)),
    (GAP, "yyjp", "a\n\na\nb", (3, 1)),
    (GAP, "jD", "a\n\nb", (2, 1)),
    (GAP, "jC1\x1b", "a\n1\nb", (2, 1)),
    (GAP, "Js1\x1b", "1\nb", (1, 1)),
    (GAP, "JJ", "a b", (1, 2)),
    (GAP, "jA1\x1b", "a\n1\nb", (2, 1)),
    (GAP, "jo1\x1b", "a\n\n1\nb", (3, 1)),
    (GAP, "wx", "a\n\nb", (2, 1)),
    (GAP, "w.", "a\n\nb", (2, 1)),
    (GAP, "wwx", "a\n\n", (3, 1)),
    (GAP, "dwx", "\n\nb", (1, 1)),
    (GAP, "jdw", "a\nb", (2, 1)),
    (GAP, "cwx\x1b", "x\n\nb", (1, 1)),
    (GAP, "Gdd", "a\n", (2, 1)),
    (GAP, "Gddk", "a\n", (1, 1)),
    (EMPTY, "x", "", (1, 1)),
    (EMPTY, "dd", "", (1, 1)),
    (EMPTY, "ix\x1b", "x", (1, 1)),
    (EMPTY, "A1\x1b", "1", (1, 1)),
    (EMPTY, "o1\x1b", "\n1", (2, 1)),
    (EMPTY, "O1\x1b", "1\n", (1, 1)),
    (EMPTY, "p", "R", (1, 1)),
    (EMPTY, "J", "", (1, 1)),
    (EMPTY, "vd", "", (1, 1)),
    (EMPTY, "Vd", "", (1, 1)),
    (EMPTY, "cc1\x1b", "1", (1, 1)),
    (EMPTY, "w", "", (1, 1)),
    (EMPTY, "dw", "", (1, 1)),
    (EMPTY, "G", "", (1, 1)),
    (EMPTY, "~", "", (1, 1)),
]


@pytest.mark.parametrize(("text", "keys", "after", "place"), VIM)
def test_it_leaves_what_vim_leaves(
    text: str, keys: str, after: str, place: tuple[int, int]
) -> None:
    player = Player(text)
    player.state = replace(player.state, registers={'"': Register("R")})
    player.keys(keys).keys("\x1b")
    assert (player.text, player.place) == (after, place)


class TestModes:
    def test_escape_leaves_every_mode_and_a_command_that_has_begun(self) -> None:
        player = Player(ONE)
        for keys, mode in (("v", Mode.VISUAL), ("V", Mode.VISUAL_LINE), ("i", Mode.INSERT)):
            assert player.keys(keys).state.mode is mode
            assert player.keys("\x1b").state.mode is Mode.NORMAL
        assert player.keys("2d\x1bw").text == ONE

    def test_v_and_capital_v_change_into_each_other_and_back(self) -> None:
        player = Player(MANY).keys("wv")
        assert player.keys("V").state.mode is Mode.VISUAL_LINE
        assert (player.selection.start, player.selection.end) == (0, 7)
        assert player.keys("v").state.mode is Mode.VISUAL
        assert player.keys("v").state.mode is Mode.NORMAL

    def test_gv_selects_again_what_was_selected(self) -> None:
        player = Player(ONE).keys("wve\x1bgg0gvd")
        assert player.text == "select  b from t"

    def test_a_selection_made_with_the_mouse_is_a_visual_one(self) -> None:
        player = Player(ONE)
        player.selection = Range(7, 11)
        player.keys("d")
        assert player.text == "select  from t"
        player.selection = Range(6, 0)
        player.keys("U\x1b")
        assert player.text == "SELECT  from t"

    def test_a_click_ends_visual_mode(self) -> None:
        player = Player(ONE).keys("vww")
        player.selection = Range.at(7)
        assert player.keys("x").text == "select , b from t"


class TestRegisters:
    def test_plus_is_the_clipboard(self) -> None:
        player = Player(ONE).keys('"+yw')
        assert player.clipboard == "select "
        player.clipboard = "line\n"
        assert player.keys('"+p').text == f"{ONE}\nline"

    def test_a_yank_stays_in_register_0_when_something_is_deleted(self) -> None:
        assert Player("a b").keys('yiwwx"0P').text == "aa "

    def test_putting_over_a_selection_takes_it_in_exchange(self) -> None:
        player = Player("one two").keys("yiwwviwp")
        assert player.text == "one one"
        assert player.keys("0viwp").text == "two one"


class TestCommands:
    @pytest.mark.parametrize("keys", ["g", "d", "2", '"', '"a', "di", "2d3", "f", "r", "gU", "z"])
    def test_what_may_become_a_command_waits(self, keys: str) -> None:
        assert parse(keys) is None

    @pytest.mark.parametrize("keys", ["dx", "diz", "gx", "Q", "d:", "zq", "gug", "dz."])
    def test_what_is_none_is_refused(self, keys: str) -> None:
        with pytest.raises(InvalidKeysError):
            if parse(keys) is None:
                parse([*keys, "x"])

    def test_counts_multiply_and_have_a_bound(self) -> None:
        assert parse("2d3w") == Command("d", "w", count=6, is_counted=True)
        huge = parse("9" * 50 + "j")
        assert huge is not None
        assert huge.count <= 100_000

    def test_searches_are_left_to_others(self) -> None:
        player = Player(ONE).keys("/?nN*#")
        assert player.effects == [
            Effect.SEARCH, Effect.SEARCH_BACKWARD, Effect.NEXT, Effect.PREVIOUS,
            Effect.WORD, Effect.WORD_BACKWARD,
        ]  # fmt: skip
        assert player.text == ONE

    def test_huge_counts_end_soon(self) -> None:
        text = "x" * 1_000
        assert Player(text).keys("99999999x").text == ""
        assert Player(text).keys("99999999p").text == text
        assert Player("a\nb").keys("99999999j99999999k99999999w99999999b").text == "a\nb"


TEXT = st.text(alphabet="ab_ .,;()'\"\n", max_size=40)
KEYS = st.lists(
    st.sampled_from(
        [*"hjklwbeWBE0^$gG{}%;,.dcy><uUxXsSDCYpPJ~oOaAiIvV123\"+_f(t)r/nz", "gu", "gU", "iw", "a(",
         "i'", "ip", "escape", "escape", "enter", "ctrl+r", "ctrl+d", "ctrl+u", "left", "down"]
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(TEXT, KEYS)
@example("", ["v", "u", "."])
def test_whatever_is_typed_the_caret_is_in_the_text_and_undo_returns_it(
    text: str, keys: list[str]
) -> None:
    player = Player(text)
    for key in keys:
        player.press(key)
        assert 0 <= player.selection.start <= player.selection.end <= len(player.text)
    player.keys(["escape", "escape", *"999u"])
    assert player.text == text


@settings(max_examples=100, deadline=None)
@given(TEXT, st.integers(0, 40), st.integers(1, 5), st.integers(1, 5))
def test_counts_do_as_often(text: str, caret: int, one: int, other: int) -> None:
    caret = min(caret, len(text))
    both = Player(text, caret).keys(f"{one}d{other}w").text
    assert both == Player(text, caret).keys(f"d{one * other}w").text
    line = text[text.rfind("\n", 0, caret) + 1 :].partition("\n")[0]
    if one <= len(line) - (caret - text.rfind("\n", 0, caret) - 1):
        single = Player(text, caret)
        for _ in range(one):
            single.keys("x")
        assert Player(text, caret).keys(f"{one}x").text == single.text


@settings(max_examples=100, deadline=None)
@given(TEXT, st.integers(0, 40), st.sampled_from("jkwbeWBE0^$G{}%"))
def test_yanking_changes_nothing_and_putting_back_what_was_deleted_returns_the_text(
    text: str, caret: int, motion: str
) -> None:
    caret = min(caret, len(text))
    assert Player(text, caret).keys(f"y{motion}").text == text
    upper = Player(text, caret).keys(f"gU{motion}").text
    assert upper.lower() == text.lower()
    player = Player(text, caret).keys(f"d{motion}")
    deleted = player.state.registers.get('"')
    if deleted is not None:
        assert len(player.text) + len(deleted.text) - len(text) in (0, deleted.is_lines)


@settings(max_examples=100, deadline=None)
@given(TEXT, st.integers(0, 40))
def test_indenting_and_outdenting_again_returns_the_text(text: str, caret: int) -> None:
    player = Player(text, min(caret, len(text)))
    assert player.keys(">ip<ip").text == text
    assert player.keys("g~ipg~ip").text == text
