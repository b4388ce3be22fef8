"""Licences by the names that authors give them before expressions: only names that leave no choice.

A name stands here only if every author who uses it means the same licence text and, where SPDX asks for it,
the same "only" or "or later". `BSD`, `GPLv3` in a free field, `Apache` without a version and `Public Domain`
leave something open and are missing on purpose.
Sources: the SPDX licence list's full names, and PyPI's list of classifiers (PEP 639, appendix on mapping).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["by_classifiers", "by_name"]

_LONGEST: Final = 100
"""Characters of the longest name that is looked up; a whole licence text in the field is none."""
_NAMES: Final = {
    "MIT": ("mit", "mit/x11", "x11/mit", "expat", "mit/expat", "mit (expat)", "expat/mit"),
    "Apache-2.0": (
        "apache 2",
        "apache 2.0",
        "apache-2",
        "apache v2",
        "apache v2.0",
        "apache version 2",
        "apache version 2.0",
        "apache license 2",
        "apache license 2.0",
        "apache license v2",
        "apache license v2.0",
        "apache license version 2",
        "apache license version 2.0",
        "apache software 2.0",
        "apache software license 2.0",
        "apache software license version 2.0",
        "apache software license v2.0",
        "apache2",
        "apache2.0",
        "asl 2.0",
    ),
    "BSD-3-Clause": (
        "bsd 3-clause",
        "bsd 3 clause",
        "3-clause bsd",
        "3 clause bsd",
        "bsd-3",
        "bsd3",
        "new bsd",
        "modified bsd",
        "revised bsd",
        'bsd 3-clause "new" or "revised"',
    ),
    "BSD-2-Clause": (
        "bsd 2-clause",
        "bsd 2 clause",
        "2-clause bsd",
        "2 clause bsd",
        "bsd-2",
        "bsd2",
        "simplified bsd",
        'bsd 2-clause "simplified"',
    ),
    "MPL-2.0": (
        "mpl 2.0",
        "mpl 2",
        "mpl2",
        "mpl v2.0",
        "mozilla public license 2.0",
        "mozilla public license version 2.0",
        "mozilla public license 2.0 (mpl 2.0)",
    ),
    "ISC": ("iscl", "isc (iscl)"),
    "PSF-2.0": ("psf", "psfl", "python software foundation"),
    "GPL-2.0-or-later": ("gplv2+", "gpl v2+", "gpl2+", "gpl 2+", "gplv2 or later", "gnu gpl v2 or later"),
    "GPL-3.0-or-later": ("gplv3+", "gpl v3+", "gpl3+", "gpl 3+", "gplv3 or later", "gnu gpl v3 or later"),
    "LGPL-2.1-or-later": ("lgplv2.1+", "lgpl v2.1+", "lgpl 2.1+", "lgplv2.1 or later"),
    "LGPL-3.0-or-later": ("lgplv3+", "lgpl v3+", "lgpl3+", "lgplv3 or later"),
    "AGPL-3.0-or-later": ("agplv3+", "agpl v3+", "agpl3+", "agplv3 or later"),
}
_BY_NAME: Final = {name: licence for licence, names in _NAMES.items() for name in names}
_BY_CLASSIFIER: Final = {
    "Blue Oak Model License (BlueOak-1.0.0)": "BlueOak-1.0.0",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.1 (EUPL 1.1)": "EUPL-1.1",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "Zero-Clause BSD (0BSD)": "0BSD",
}


def by_name(text: str) -> str:
    """Return the SPDX id of a licence's common name; empty where the name leaves a choice or is none."""
    if len(text) > _LONGEST:
        return ""
    name = re.sub(r"[\s,]+", " ", text.strip().strip("\"'.").lower().replace("licence", "license")).strip()
    name = name.removeprefix("the ")
    return _BY_NAME.get(name) or _BY_NAME.get(name.removesuffix(" license"), "")


def by_classifiers(classifiers: Iterable[str]) -> tuple[str, str]:
    """Return the SPDX id that `License ::` classifiers state, and their names as a text.

    The id is empty where one of them leaves a choice, or where there are several: they do not say
    whether one may be chosen or all hold.
    """
    listed = [item.split(" :: ") for item in classifiers]
    # `License :: OSI Approved` alone is a heading.
    names = sorted(
        {parts[-1] for parts in listed if parts[0] == "License" and len(parts) > 1 and parts[-1] != "OSI Approved"}
    )
    return (_BY_CLASSIFIER.get(names[0], "") if len(names) == 1 else ""), "; ".join(names)
