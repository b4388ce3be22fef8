"""Licences recognised by their texts, and what several files of one package say together."""

from __future__ import annotations

from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.sbom import licence_texts
from maximus.sbom.licence_texts import Match, conclude, identify, is_licence_file

MIT = """Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction.

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND."""
BSD_2 = """Redistributions of source code must retain the above copyright notice.
* Redistributions in binary form must reproduce the above copyright notice."""
BSD_3 = BSD_2 + "\nNeither the name of X may be used to endorse or promote products derived from this software."
APACHE = "Apache License\n Version 2.0, January 2004\n"
GPL_3 = "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n ... either version 3 of the License ..."
LATER = """This is free software under the terms of the GNU General Public License as published by the
Free Software Foundation, either version 3 of the License, or (at your option) any later version.\n"""


@pytest.mark.parametrize(
    ("text", "licences"),
    [
        (MIT, ("MIT",)),
        (MIT.replace("The above copyright notice and this permission notice shall be included in all", ""), ("MIT-0",)),
        (MIT + "The Software shall be used for Good, not Evil.", ("JSON",)),
        (BSD_2, ("BSD-2-Clause",)),
        (BSD_3, ("BSD-3-Clause",)),
        (BSD_3 + BSD_2, ("BSD-2-Clause", "BSD-3-Clause")),
        (BSD_3 + "All advertising materials mentioning features or use", ("BSD-4-Clause",)),
        (APACHE, ("Apache-2.0",)),
        (APACHE + "---- LLVM Exceptions to the Apache 2.0 License ----", ("Apache-2.0 WITH LLVM-exception",)),
        (MIT + APACHE, ("Apache-2.0", "MIT")),
        ("This is free and unencumbered software released into the public domain.", ("Unlicense",)),
        ("All rights reserved.", ()),
    ],
)
def test_a_text_is_known_by_its_own_sentences(text: str, licences: tuple[str, ...]) -> None:
    """Those that differ by a clause are told apart by that clause."""
    assert identify(text) == Match(licences)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("GNU GENERAL PUBLIC LICENSE Version 2, June 1991", "GPL-2.0"),
        ("GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007", "GPL-3.0"),
        ("GNU LESSER GENERAL PUBLIC LICENSE Version 2.1, February 1999", "LGPL-2.1"),
        ("GNU LESSER GENERAL PUBLIC LICENSE Version 3, 29 June 2007", "LGPL-3.0"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE Version 3, 19 November 2007", "AGPL-3.0"),
    ],
)
def test_a_text_of_gnus_settles_neither_only_nor_or_later(title: str, name: str) -> None:
    """It is the same for both; it is evidence, and the licence stays open."""
    assert identify(title) == Match((), (name,))
    claim = conclude([("COPYING", title)], "here")
    assert claim is not None
    assert (claim.expression, name in claim.text) == ("", True)


def test_a_statement_in_front_of_the_text_settles_it() -> None:
    """The same words on the text's own last page do not."""
    assert identify(LATER + GPL_3) == Match(("GPL-3.0-or-later",))
    assert identify(LATER) == Match(("GPL-3.0-or-later",))
    assert identify(GPL_3 + LATER) == Match((), ("GPL-3.0",))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("LICENSE", True),
        ("licence.md", True),
        ("LICENSE-MIT", True),
        ("MIT-LICENSE.txt", True),
        ("COPYING.LESSER", True),
        ("UNLICENSE", True),
        ("NOTICE", False),
        ("AUTHORS", False),
        ("license.js", False),
        ("licensed", False),
        ("", False),
    ],
)
def test_which_files_are_licence_files(name: str, is_one: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """By their names; a NOTICE is no licence."""
    assert is_licence_file(name) is is_one


def test_several_files_hold_together_unless_a_choice_is_offered() -> None:
    """AND, and OR only where the metadata says so; the evidence names the files."""
    files = [("LICENSE-MIT", MIT), ("LICENSE-APACHE", APACHE)]
    both, either = conclude(files, "installed with it"), conclude(files, "x", choice=True)
    assert both is not None
    assert either is not None
    assert (both.expression, either.expression) == ("Apache-2.0 AND MIT", "Apache-2.0 OR MIT")
    assert (both.concluded, both.evidence) == (True, "text of LICENSE-APACHE, LICENSE-MIT installed with it")


def test_one_unknown_file_leaves_the_whole_open() -> None:
    """A package under two licences of which one is known is not under that one."""
    assert conclude([("LICENSE", MIT), ("LICENSE.other", "my own terms")], "x") is None
    assert conclude([], "x") is None


def test_too_many_files_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit on files of one package."""
    monkeypatch.setattr(licence_texts, "MAX_FILES", 1)
    assert conclude([("LICENSE", MIT), ("COPYING", MIT)], "x") is None


def test_only_so_much_of_a_text_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit on the length of one."""
    monkeypatch.setattr(licence_texts, "MAX_LICENCE", 100)
    assert identify(MIT) == Match()


def test_what_authors_declare_is_what_their_texts_say() -> None:
    """Of the packages installed here that declare one plain licence and carry one text, the two agree."""
    agreed = []
    for item in metadata.distributions():
        declared = item.metadata["License-Expression"] if "License-Expression" in item.metadata else ""  # noqa: SIM401 - its type has no `get`
        files = [file for file in item.files or () if is_licence_file(file.name) and ".dist-info/" in str(file)]
        if declared in ("MIT", "Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "ISC", "MPL-2.0") and len(files) == 1:
            match = identify(files[0].read_text(encoding="utf-8"))
            if len(match.licences) < 2:
                agreed.append((item.name, match.licences) == (item.name, (declared,)))
    assert len(agreed) > 10
    assert all(agreed)


@given(st.text(max_size=500))
def test_no_text_is_a_traceback(text: str) -> None:
    """Whatever stands in a licence file."""
    conclude([("LICENSE", text), (text, MIT)], text)
