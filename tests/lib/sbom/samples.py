"""Trees with locks as their tools write them, shortened; every index is `registry.example`.

Digests are those of invented bytes: 64, 96 or 128 digits that tell which file they belong to.
"""

# ruff: noqa: E501 - locks have the lines that their tools write

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from maximus.sbom import inventory, scan, subject

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Component, Inventory, Reading

__all__ = [
    "SAMPLES",
    "by_name",
    "edges_of",
    "inventory_of",
    "make",
    "reading_of",
    "sha1",
    "sha256",
    "sha512",
    "sri",
]

INDEX = "https://registry.example"


def sha256(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha1(text: str) -> str:
    """Return the SHA-1 of a text, in hexadecimal."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def sha512(text: str) -> str:
    """Return the SHA-512 of a text, in hexadecimal."""
    return hashlib.sha512(text.encode()).hexdigest()


def sri(text: str) -> str:
    """Return the SHA-512 of a text as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(text.encode()).digest()).decode()


def make(root: Path, files: dict[str, str]) -> Path:
    """Write the files below a folder and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return root


def reading_of(root: Path, files: dict[str, str], lock: str = "") -> Reading:
    """Return what the reader says of the one lock, or of the one named."""
    found = scan.scan(make(root, files))
    assert not found.faults, [str(fault) for fault in found.faults]
    readings = dict(found.readings)
    return readings[lock or next(iter(readings))]


def inventory_of(root: Path, files: dict[str, str]) -> Inventory:
    """Return the inventory of a tree with these files; every lock must be readable."""
    found = scan.scan(make(root, files))
    assert not found.faults, [str(fault) for fault in found.faults]
    facts = subject.Facts("app", "https://github.com", "octo/app", commit="a" * 40, tags=("v1.0.0",))
    return inventory.build(subject.describe(facts), found.readings, found.tree.skipped)


def by_name(made: Inventory) -> dict[str, Component]:
    """Return the components by `name version`; no two may share it."""
    found = {f"{item.full_name} {item.version}".strip(): item for item in made.components}
    assert len(found) == len(made.components)
    return found


def edges_of(made: Inventory) -> set[tuple[str, str]]:
    """Return the edges as pairs of names; the root is `.`, a member its folder."""
    names = {item.ref: f"{item.full_name} {item.version}".strip() for item in made.components}
    names |= {item.ref: f"/{item.own}" for item in made.members}
    names[made.root.ref] = "."
    return {(names[edge.source], names[edge.target]) for edge in made.edges}


UV = f"""version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1.0.0"
source = {{ editable = "." }}
dependencies = [
    {{ name = "anyio" }},
    {{ name = "colorama", marker = "sys_platform == 'win32'" }},
    {{ name = "helper" }},
]

[package.optional-dependencies]
fast = [
    {{ name = "uvloop", marker = "sys_platform != 'win32'" }},
]

[package.dev-dependencies]
dev = [
    {{ name = "pytest" }},
]

[[package]]
name = "anyio"
version = "4.4.0"
source = {{ registry = "{INDEX}/simple" }}
dependencies = [
    {{ name = "idna" }},
]
sdist = {{ url = "{INDEX}/files/anyio-4.4.0.tar.gz", hash = "sha256:{sha256("anyio sdist")}", size = 163930 }}
wheels = [
    {{ url = "{INDEX}/files/anyio-4.4.0-py3-none-any.whl", hash = "sha256:{sha256("anyio wheel")}", size = 86780 }},
]

[[package]]
name = "colorama"
version = "0.4.6"
source = {{ registry = "{INDEX}/simple" }}
wheels = [
    {{ url = "{INDEX}/files/colorama-0.4.6-py2.py3-none-any.whl", hash = "sha256:{sha256("colorama")}", size = 25335 }},
]

[[package]]
name = "helper"
version = "0.1.0"
source = {{ directory = "packages/helper" }}
dependencies = [
    {{ name = "patched" }},
]

[[package]]
name = "idna"
version = "3.7"
source = {{ registry = "{INDEX}/simple" }}
sdist = {{ url = "{INDEX}/files/idna-3.7.tar.gz", hash = "sha256:{sha256("idna sdist")}", size = 189575 }}

[[package]]
name = "patched"
version = "2.0.0"
source = {{ git = "https://git.example/octo/patched.git?rev=main#{"c" * 40}" }}

[[package]]
name = "pytest"
version = "8.2.2"
source = {{ registry = "{INDEX}/simple" }}
dependencies = [
    {{ name = "colorama", marker = "sys_platform == 'win32'" }},
]
wheels = [
    {{ url = "{INDEX}/files/pytest-8.2.2-py3-none-any.whl", hash = "sha256:{sha256("pytest")}", size = 339873 }},
]

[[package]]
name = "uvloop"
version = "0.19.0"
source = {{ registry = "{INDEX}/simple" }}
wheels = [
    {{ url = "{INDEX}/files/uvloop-0.19.0-cp311-cp311-macosx_10_9_universal2.whl", hash = "sha256:{sha256("uvloop mac")}" }},
    {{ url = "{INDEX}/files/uvloop-0.19.0-cp311-cp311-manylinux_2_17_x86_64.whl", hash = "sha256:{sha256("uvloop linux")}" }},
]
"""

POETRY_2_1 = f"""# This file is automatically @generated by Poetry 2.1.3 and should not be changed by hand.

[[package]]
name = "certifi"
version = "2024.7.4"
description = "Python package for providing Mozilla's CA Bundle."
optional = false
python-versions = ">=3.6"
groups = ["main"]
files = [
    {{file = "certifi-2024.7.4-py3-none-any.whl", hash = "sha256:{sha256("certifi wheel")}"}},
    {{file = "certifi-2024.7.4.tar.gz", hash = "sha256:{sha256("certifi sdist")}"}},
]

[[package]]
name = "PySocks"
version = "1.7.1"
description = "A Python SOCKS client module."
optional = true
python-versions = "*"
groups = ["main"]
markers = "extra == \\"socks\\""
files = [
    {{file = "PySocks-1.7.1-py3-none-any.whl", hash = "sha256:{sha256("pysocks")}"}},
]

[[package]]
name = "pytest"
version = "8.2.2"
description = "pytest: simple powerful testing with Python"
optional = false
python-versions = ">=3.8"
groups = ["dev"]
files = [
    {{file = "pytest-8.2.2-py3-none-any.whl", hash = "sha256:{sha256("pytest")}"}},
]

[[package]]
name = "requests"
version = "2.32.3"
description = "Python HTTP for Humans."
optional = false
python-versions = ">=3.8"
groups = ["main", "dev"]
files = [
    {{file = "requests-2.32.3-py3-none-any.whl", hash = "sha256:{sha256("requests")}"}},
]

[package.dependencies]
certifi = ">=2017.4.17"
PySocks = {{version = ">=1.5.6,<1.5.7 || >1.5.7", optional = true, markers = "extra == \\"socks\\""}}

[package.extras]
socks = ["PySocks (>=1.5.6,!=1.5.7)"]

[[package]]
name = "tool"
version = "0.3.0"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
files = []
develop = false

[package.source]
type = "git"
url = "git@git.example:octo/tool.git"
reference = "main"
resolved_reference = "{"d" * 40}"

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "{sha256("content")}"
"""

POETRY_1_0 = f"""[[package]]
category = "main"
description = "Python package for providing Mozilla's CA Bundle."
name = "certifi"
optional = false
python-versions = "*"
version = "2020.4.5.1"

[[package]]
category = "dev"
description = "Python HTTP for Humans."
name = "requests"
optional = false
python-versions = "*"
version = "2.23.0"

[package.dependencies]
certifi = ">=2017.4.17"

[metadata]
content-hash = "{sha256("content")}"
python-versions = "^3.7"

[metadata.files]
certifi = [
    {{file = "certifi-2020.4.5.1-py2.py3-none-any.whl", hash = "sha256:{sha256("old certifi")}"}},
]
requests = [
    {{file = "requests-2.23.0-py2.py3-none-any.whl", hash = "sha256:{sha256("old requests")}"}},
]
"""

PDM = f"""# This file is @generated by PDM.
# It is not intended for manual editing.

[metadata]
groups = ["default", "test"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256:{sha256("content")}"

[[package]]
name = "coverage"
version = "7.5.4"
requires_python = ">=3.8"
summary = "Code coverage measurement for Python"
groups = ["test"]
files = [
    {{file = "coverage-7.5.4-cp311-cp311-macosx_11_0_arm64.whl", hash = "sha256:{sha256("coverage")}"}},
]

[[package]]
name = "coverage"
version = "7.5.4"
extras = ["toml"]
requires_python = ">=3.8"
summary = "Code coverage measurement for Python"
groups = ["test"]
dependencies = [
    "coverage==7.5.4",
    "tomli; python_full_version <= \\"3.11.0a6\\"",
]
files = [
    {{file = "coverage-7.5.4-cp311-cp311-macosx_11_0_arm64.whl", hash = "sha256:{sha256("coverage")}"}},
]

[[package]]
name = "tomli"
version = "2.0.1"
requires_python = ">=3.7"
summary = "A lil' TOML parser"
groups = ["default", "test"]
marker = "python_full_version <= \\"3.11.0a6\\""
files = [
    {{file = "tomli-2.0.1-py3-none-any.whl", hash = "sha256:{sha256("tomli")}"}},
]
"""

PIPFILE = f"""{{
    "_meta": {{
        "hash": {{"sha256": "{sha256("pipfile")}"}},
        "pipfile-spec": 6,
        "requires": {{"python_version": "3.11"}},
        "sources": [{{"name": "index", "url": "{INDEX}/simple", "verify_ssl": true}}]
    }},
    "default": {{
        "certifi": {{
            "hashes": [
                "sha256:{sha256("certifi wheel")}",
                "sha256:{sha256("certifi sdist")}"
            ],
            "markers": "python_version >= '3.6'",
            "version": "==2024.7.4"
        }},
        "requests": {{
            "hashes": ["sha256:{sha256("requests")}"],
            "index": "index",
            "version": "==2.32.3"
        }},
        "tool": {{
            "git": "https://git.example/octo/tool.git",
            "ref": "{"d" * 40}"
        }}
    }},
    "develop": {{
        "pytest": {{
            "hashes": ["sha256:{sha256("pytest")}"],
            "version": "==8.2.2"
        }}
    }}
}}
"""

PYLOCK = f"""lock-version = '1.0'
environments = ["sys_platform == 'win32'", "sys_platform == 'linux'"]
requires-python = '==3.12'
created-by = 'mousebender'

[[packages]]
name = 'attrs'
version = '25.1.0'
requires-python = '>=3.8'

[[packages.wheels]]
name = 'attrs-25.1.0-py3-none-any.whl'
upload-time = 2025-01-25T11:30:10.164985+00:00
url = '{INDEX}/packages/attrs-25.1.0-py3-none-any.whl'
size = 63152

[packages.wheels.hashes]
sha256 = '{sha256("attrs")}'

[[packages]]
name = 'cattrs'
version = '24.1.2'
requires-python = '>=3.8'
dependencies = [
    {{name = 'attrs'}},
]

[[packages.wheels]]
name = 'cattrs-24.1.2-py3-none-any.whl'
url = '{INDEX}/packages/cattrs-24.1.2-py3-none-any.whl'
hashes = {{ sha256 = '{sha256("cattrs")}', sha512 = '{sha512("cattrs")}' }}

[[packages]]
name = 'numpy'
version = '2.2.3'
marker = "sys_platform == 'linux'"
sdist = {{ name = 'numpy-2.2.3.tar.gz', url = '{INDEX}/packages/numpy-2.2.3.tar.gz', hashes = {{ sha256 = '{sha256("numpy")}' }} }}
"""

REQUIREMENTS = f"""#
# This file is autogenerated by pip-compile with Python 3.11
#
--index-url https://user:secret@registry.example/simple

certifi==2024.7.4 \\
    --hash=sha256:{sha256("certifi wheel")} \\
    --hash=sha256:{sha256("certifi sdist")}
    # via requests
Idna==3.7 ; python_version >= "3.5" \\
    --hash=sha256:{sha256("idna sdist")}
    # via
    #   -c constraints.txt
    #   requests
requests[socks]==2.32.3 \\
    --hash=sha256:{sha256("requests")}
    # via -r requirements/main.in
"""

NPM_3 = f"""{{
  "name": "app",
  "version": "1.0.0",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {{
    "": {{
      "name": "app",
      "version": "1.0.0",
      "license": "MIT",
      "workspaces": ["packages/*"],
      "dependencies": {{
        "left": "^1.0.0",
        "renamed": "npm:@scope/real@^2.0.0"
      }},
      "devDependencies": {{
        "tester": "^3.0.0"
      }}
    }},
    "node_modules/@octo/lib": {{
      "resolved": "packages/lib",
      "link": true
    }},
    "node_modules/left": {{
      "version": "1.2.3",
      "resolved": "{INDEX}/left/-/left-1.2.3.tgz",
      "integrity": "{sri("left")}",
      "license": "(MIT OR Apache-2.0)",
      "dependencies": {{
        "shared": "^1.0.0"
      }}
    }},
    "node_modules/renamed": {{
      "name": "@scope/real",
      "version": "2.0.1",
      "resolved": "{INDEX}/@scope/real/-/real-2.0.1.tgz",
      "integrity": "{sri("real")}",
      "license": "ISC"
    }},
    "node_modules/shared": {{
      "version": "1.0.0",
      "resolved": "{INDEX}/shared/-/shared-1.0.0.tgz",
      "integrity": "{sri("shared 1")}",
      "license": {{"type": "BSD-2-Clause", "url": "https://example.org/LICENSE"}}
    }},
    "node_modules/tester": {{
      "version": "3.0.0",
      "resolved": "{INDEX}/tester/-/tester-3.0.0.tgz",
      "integrity": "{sri("tester")}",
      "dev": true,
      "license": "UNLICENSED",
      "dependencies": {{
        "shared": "^2.0.0",
        "inner": "1.0.0"
      }},
      "optionalDependencies": {{
        "fsevents": "^2.0.0"
      }}
    }},
    "node_modules/tester/node_modules/inner": {{
      "version": "1.0.0",
      "dev": true,
      "inBundle": true,
      "license": "MIT"
    }},
    "node_modules/tester/node_modules/shared": {{
      "version": "2.0.0",
      "resolved": "{INDEX}/shared/-/shared-2.0.0.tgz",
      "integrity": "{sri("shared 2")}",
      "dev": true,
      "license": "BSD-2-Clause"
    }},
    "packages/lib": {{
      "name": "@octo/lib",
      "version": "0.2.0",
      "dependencies": {{
        "fork": "github:octo/fork",
        "left": "^1.0.0"
      }}
    }},
    "node_modules/fork": {{
      "version": "0.0.9",
      "resolved": "git+ssh://git@github.com/octo/fork.git#{"e" * 40}",
      "license": "MIT"
    }}
  }}
}}
"""

NPM_1 = f"""{{
  "name": "app",
  "version": "1.0.0",
  "lockfileVersion": 1,
  "requires": true,
  "dependencies": {{
    "left": {{
      "version": "1.2.3",
      "resolved": "{INDEX}/left/-/left-1.2.3.tgz",
      "integrity": "sha1-{base64.b64encode(bytes.fromhex(sha1("left"))).decode()}",
      "requires": {{
        "shared": "^1.0.0"
      }},
      "dependencies": {{
        "shared": {{
          "version": "1.0.0",
          "resolved": "{INDEX}/shared/-/shared-1.0.0.tgz",
          "integrity": "{sri("shared 1")}"
        }}
      }}
    }},
    "renamed": {{
      "version": "npm:@scope/real@2.0.1",
      "resolved": "{INDEX}/@scope/real/-/real-2.0.1.tgz",
      "integrity": "{sri("real")}",
      "dev": true
    }},
    "fork": {{
      "version": "git+ssh://git@github.com/octo/fork.git#{"e" * 40}",
      "from": "git+ssh://git@github.com/octo/fork.git"
    }},
    "shared": {{
      "version": "2.0.0",
      "resolved": "{INDEX}/shared/-/shared-2.0.0.tgz",
      "integrity": "{sri("shared 2")}"
    }}
  }}
}}
"""

PNPM_9 = f"""lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .:
    dependencies:
      react-dom:
        specifier: ^18.3.1
        version: 18.3.1(react@18.3.1)
      renamed:
        specifier: npm:@scope/real@^2.0.0
        version: '@scope/real@2.0.1'
    devDependencies:
      '@octo/lib':
        specifier: workspace:*
        version: link:packages/lib

  packages/lib:
    dependencies:
      fork:
        specifier: github:octo/fork
        version: https://codeload.github.com/octo/fork/tar.gz/{"e" * 40}

packages:

  '@scope/real@2.0.1':
    resolution: {{integrity: {sri("real")}}}
    engines: {{node: '>=18'}}

  fork@https://codeload.github.com/octo/fork/tar.gz/{"e" * 40}:
    resolution: {{tarball: https://codeload.github.com/octo/fork/tar.gz/{"e" * 40}}}
    version: 0.0.9

  loose-envify@1.4.0:
    resolution: {{integrity: {sri("loose-envify")}}}
    hasBin: true

  react-dom@18.3.1:
    resolution: {{integrity: {sri("react-dom")}}}
    peerDependencies:
      react: ^18.3.1

  react@18.3.1:
    resolution: {{integrity: {sri("react")}}}

snapshots:

  '@scope/real@2.0.1': {{}}

  fork@https://codeload.github.com/octo/fork/tar.gz/{"e" * 40}: {{}}

  loose-envify@1.4.0: {{}}

  react-dom@18.3.1(react@18.3.1):
    dependencies:
      loose-envify: 1.4.0
      react: 18.3.1

  react@18.3.1:
    dependencies:
      loose-envify: 1.4.0
"""

PNPM_6 = f"""lockfileVersion: '6.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

dependencies:
  react-dom:
    specifier: ^18.3.1
    version: 18.3.1(react@18.3.1)
  renamed:
    specifier: npm:@scope/real@^2.0.0
    version: /@scope/real@2.0.1

packages:

  /@scope/real@2.0.1:
    resolution: {{integrity: {sri("real")}}}
    dev: false

  /loose-envify@1.4.0:
    resolution: {{integrity: {sri("loose-envify")}}}
    dev: false

  /react-dom@18.3.1(react@18.3.1):
    resolution: {{integrity: {sri("react-dom")}}}
    peerDependencies:
      react: ^18.3.1
    dependencies:
      loose-envify: 1.4.0
      react: 18.3.1
    dev: false

  /react@18.3.1:
    resolution: {{integrity: {sri("react")}}}
    dependencies:
      loose-envify: 1.4.0
    dev: false
"""

PNPM_5 = f"""lockfileVersion: 5.4

specifiers:
  react-dom: ^18.3.1
  renamed: npm:@scope/real@^2.0.0

dependencies:
  react-dom: 18.3.1_react@18.3.1
  renamed: /@scope/real/2.0.1

packages:

  /@scope/real/2.0.1:
    resolution: {{integrity: {sri("real")}}}
    dev: false

  /loose-envify/1.4.0:
    resolution: {{integrity: {sri("loose-envify")}}}
    dev: false

  /react-dom/18.3.1_react@18.3.1:
    resolution: {{integrity: {sri("react-dom")}}}
    peerDependencies:
      react: ^18.3.1
    dependencies:
      loose-envify: 1.4.0
      react: 18.3.1
    dev: false

  /react/18.3.1:
    resolution: {{integrity: {sri("react")}}}
    dependencies:
      loose-envify: 1.4.0
    dev: false
"""

YARN_1 = f"""# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@scope/real@^2.0.0", renamed@npm:@scope/real@^2.0.0:
  version "2.0.1"
  resolved "{INDEX}/@scope/real/-/real-2.0.1.tgz#{sha1("real")}"
  integrity {sri("real")}

fork@octo/fork:
  version "0.0.9"
  resolved "git+ssh://git@github.com/octo/fork.git#{"e" * 40}"

left@^1.0.0, left@^1.2.0:
  version "1.2.3"
  resolved "{INDEX}/left/-/left-1.2.3.tgz#{sha1("left")}"
  dependencies:
    shared "^1.0.0"
  optionalDependencies:
    "@scope/real" "^2.0.0"

shared@^1.0.0:
  version "1.0.0"
  resolved "{INDEX}/shared/-/shared-1.0.0.tgz#{sha1("shared")}"
  integrity {sri("shared 1")}
"""

YARN_1_PACKAGE = """{
  "name": "app", "version": "1.0.0", "private": true, "workspaces": ["packages/*"],
  "dependencies": {"left": "^1.0.0", "renamed": "npm:@scope/real@^2.0.0", "@octo/lib": "0.2.0"}
}
"""
YARN_1_LIB = """{"name": "@octo/lib", "version": "0.2.0", "devDependencies": {"fork": "octo/fork"}}
"""

YARN_BERRY = f"""# This file is generated by running "yarn install" inside your project.
# Manual changes might be lost - proceed with caution!

__metadata:
  version: 8
  cacheKey: 10c0

"@octo/lib@workspace:^, @octo/lib@workspace:packages/lib":
  version: 0.0.0-use.local
  resolution: "@octo/lib@workspace:packages/lib"
  dependencies:
    fork: "https://github.com/octo/fork.git#commit={"e" * 40}"
  languageName: unknown
  linkType: soft

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    "@octo/lib": "workspace:^"
    left: "npm:^1.0.0"
    renamed: "npm:@scope/real@^2.0.0"
    typescript: "npm:^5.0.0"
  languageName: unknown
  linkType: soft

"fork@https://github.com/octo/fork.git#commit={"e" * 40}":
  version: 0.0.9
  resolution: "fork@https://github.com/octo/fork.git#commit={"e" * 40}"
  checksum: 10c0/{sha512("fork")}
  languageName: node
  linkType: hard

"left@npm:^1.0.0, left@npm:^1.2.0":
  version: 1.2.3
  resolution: "left@npm:1.2.3"
  dependencies:
    shared: "npm:^1.0.0"
  checksum: 10c0/{sha512("left")}
  languageName: node
  linkType: hard

"renamed@npm:@scope/real@^2.0.0":
  version: 2.0.1
  resolution: "@scope/real@npm:2.0.1"
  checksum: 10c0/{sha512("real")}
  languageName: node
  linkType: hard

"shared@npm:^1.0.0":
  version: 1.0.0
  resolution: "shared@npm:1.0.0"
  checksum: 10c0/{sha512("shared")}
  languageName: node
  linkType: hard

"typescript@npm:^5.0.0":
  version: 5.5.3
  resolution: "typescript@npm:5.5.3"
  checksum: 10c0/{sha512("typescript")}
  languageName: node
  linkType: hard

"typescript@patch:typescript@npm%3A^5.0.0#optional!builtin<compat/typescript>":
  version: 5.5.3
  resolution: "typescript@patch:typescript@npm%3A5.5.3#optional!builtin<compat/typescript>::version=5.5.3&hash=5adc0c"
  checksum: 10c0/{sha512("typescript patched")}
  languageName: node
  linkType: hard
"""

GO_MOD = """module git.example/octo/app

go 1.22.1

toolchain go1.22.4

require (
	github.com/Azure/go-autorest v14.2.0+incompatible
	github.com/google/uuid v1.6.0
	golang.org/x/mod v0.19.0 // indirect
	golang.org/x/text v0.16.0
	github.com/octo/local v0.0.0
)

require golang.org/x/sys v0.22.0 // indirect

require github.com/dropped/module v1.0.0

exclude (
	github.com/google/uuid v1.5.0
)

replace (
	github.com/never/required => github.com/never/used v1.0.0
	github.com/octo/local => ./local
	golang.org/x/text => github.com/octo/text v0.16.1-0.20240102030405-0123456789ab
)

retract v0.9.0 // published by accident

tool golang.org/x/mod/cmd/go
"""

GO_SUM = """github.com/Azure/go-autorest v14.2.0+incompatible h1:V5VMDjClD3GiElqLWO7mz2MxNAK/vTfRHdAubSIPRgs=
github.com/Azure/go-autorest v14.2.0+incompatible/go.mod h1:r+4oMnoxhatjLLJ6zxSWATqVooLgysK6ZNox3g/xq24=
github.com/dropped/module v1.0.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=
github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=
github.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=
github.com/octo/text v0.16.1-0.20240102030405-0123456789ab h1:a94ExnEXNtEwYLGJSIUxnWoxoRz/ZcCsV63ROupILh4=
golang.org/x/mod v0.19.0 h1:fEdghXQSo20giMthA7cd28ZC+jts4amQ3YMXiP5oMQ8=
golang.org/x/mod v0.19.0/go.mod h1:hTbmBsO62+eylJbnUtE2MGJUyE7QWk4xUqPFrRgJ+7c=
golang.org/x/sys v0.22.0 h1:RI27ohtqKCnwULzJLqj0TIbHqJ8p6DFdCPU0JcR9yHQ=
"""

GO_WORK = {
    # As `go work vendor` of Go 1.26 leaves it: `app` was built in the workspace and never tidied.
    "go.work": "go 1.22\n\nuse (\n\t./app\n\t./lib\n)\n\nreplace example.com/lib v0.0.0 => ./lib\n",
    "go.work.sum": """github.com/spf13/cobra v1.8.1 h1:e5/vxKd/rZsfSJMUX1agtjeTDf+qv1/JdBF8gg5k9ZM=
github.com/spf13/cobra v1.8.1/go.mod h1:wHxEcudfqmLYa8iTfL+OuZPbBZkmvliBWKIezN3kD9Y=
github.com/spf13/pflag v1.0.5 h1:iy+VFUOCP1a+8yFto/drg2CJ5u0yRoB7fZw3DKv/JXA=
""",
    "app/go.mod": """module example.com/app

go 1.22

require (
	example.com/lib v0.0.0
	github.com/google/uuid v1.6.0
	github.com/spf13/cobra v1.8.1
)

replace github.com/spf13/pflag => github.com/spf13/pflag v1.0.5
""",
    "lib/go.mod": "module example.com/lib\n\ngo 1.22\n\nrequire github.com/google/uuid v1.6.0\n",
    "lib/go.sum": """github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=
github.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=
""",
    "vendor/modules.txt": """## workspace
# example.com/lib v0.0.0 => ./lib
## explicit; go 1.22
# github.com/google/uuid v1.6.0
## explicit
github.com/google/uuid
# github.com/inconshreveable/mousetrap v1.1.0
## go 1.18
github.com/inconshreveable/mousetrap
# github.com/spf13/cobra v1.8.1
## explicit; go 1.15
github.com/spf13/cobra
# github.com/spf13/pflag v1.0.5 => github.com/spf13/pflag v1.0.5
## go 1.12
github.com/spf13/pflag
# github.com/spf13/pflag => github.com/spf13/pflag v1.0.5
""",
}

CARGO_4 = f"""# This file is automatically @generated by Cargo.
# It is not intended for manual editing.
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "app-core",
 "rand 0.8.5",
 "tempfile",
]

[[package]]
name = "app-core"
version = "0.1.0"
dependencies = [
 "forked",
 "rand 0.7.3",
]

[[package]]
name = "forked"
version = "0.3.0"
source = "git+https://git.example/octo/forked.git?branch=main#{"f" * 40}"

[[package]]
name = "rand"
version = "0.7.3"
source = "registry+https://registry.example/index"
checksum = "{sha256("rand 0.7.3")}"

[[package]]
name = "rand"
version = "0.8.5"
source = "registry+https://registry.example/index"
checksum = "{sha256("rand 0.8.5")}"

[[package]]
name = "tempfile"
version = "3.10.1"
source = "sparse+https://registry.example/index/"
checksum = "{sha256("tempfile")}"
dependencies = [
 "rand 0.8.5",
]
"""
CARGO_APP = """[package]
name = "app"
version = "0.1.0"
license = "MIT OR Apache-2.0"

[workspace]
members = ["core"]

[dependencies]
app-core = { path = "core" }
rand = "0.8"

[dev-dependencies]
tempfile = "3"
"""
CARGO_CORE = """[package]
name = "app-core"
version = "0.1.0"

[dependencies]
rand_old = { package = "rand", version = "0.7" }

[target.'cfg(unix)'.build-dependencies]
forked = { git = "https://git.example/octo/forked.git" }
"""

CARGO_1 = f"""[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "rand 0.7.3 (registry+https://registry.example/index)",
]

[[package]]
name = "rand"
version = "0.7.3"
source = "registry+https://registry.example/index"

[metadata]
"checksum rand 0.7.3 (registry+https://registry.example/index)" = "{sha256("rand 0.7.3")}"
"""

SAMPLES: dict[str, dict[str, str]] = {
    "uv": {"uv.lock": UV},
    "poetry-2.1": {"poetry.lock": POETRY_2_1},
    "poetry-1.0": {"poetry.lock": POETRY_1_0},
    "pdm": {"pdm.lock": PDM},
    "pipfile": {"Pipfile.lock": PIPFILE},
    "pylock": {"pylock.toml": PYLOCK},
    "requirements": {"requirements/main.txt": REQUIREMENTS},
    "npm-3": {"package-lock.json": NPM_3},
    "npm-1": {"npm-shrinkwrap.json": NPM_1},
    "pnpm-9": {"pnpm-lock.yaml": PNPM_9},
    "pnpm-6": {"pnpm-lock.yaml": PNPM_6},
    "pnpm-5": {"pnpm-lock.yaml": PNPM_5},
    "yarn-1": {"yarn.lock": YARN_1, "package.json": YARN_1_PACKAGE, "packages/lib/package.json": YARN_1_LIB},
    "yarn-berry": {"yarn.lock": YARN_BERRY},
    "go": {"go.mod": GO_MOD, "go.sum": GO_SUM},
    "go-work": GO_WORK,
    "cargo-4": {"Cargo.lock": CARGO_4, "Cargo.toml": CARGO_APP, "core/Cargo.toml": CARGO_CORE},
    "cargo-1": {"Cargo.lock": CARGO_1},
}
"""A tree for each format and version."""
