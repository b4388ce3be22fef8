"""The languages whose comments, strings and code are told apart: by which names a file is known, who lexes it.

A comment's openers are kept beside each language: where none stands before a word, no lexer needs to be asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["LANGUAGES", "PROGRAMMING", "Language", "find_language", "is_test"]


@dataclass(frozen=True, slots=True)
class Language:
    """One language."""

    name: str
    """As a policy names it."""
    lexer: str
    """Pygments' alias."""
    suffixes: tuple[str, ...]
    """How names of files end, lower case, with the dot."""
    names: tuple[str, ...] = ()
    """Whole names of files, lower case."""
    interpreters: tuple[str, ...] = ()
    """What stands behind `#!` in a file without a suffix."""
    lines: tuple[str, ...] = ()
    """What opens a comment that ends with its line."""
    blocks: tuple[tuple[str, str], ...] = ()
    """What opens and closes a comment that may span lines."""
    nests: bool = False
    """Whether such comments nest, or close in more ways than one."""
    embeds: tuple[tuple[str, str], ...] = ()
    """What opens and closes the parts in which `lines` and C's comments count; lower case, in any case in the text."""
    is_programming: bool = True
    """Whether it is what programs are written in, rather than configuration or markup."""

    @property
    def tells_openers(self) -> bool:
        """Whether the openers above are all there are."""
        return bool(self.lines or self.blocks)


_C: Final = (("/*", "*/"),)
_HTML: Final = (("<!--", "-->"),)

LANGUAGES: Final = (
    Language(
        "python",
        "python",
        (".py", ".pyw", ".pyi"),
        interpreters=("python", "python2", "python3", "pypy3"),
        lines=("#",),
    ),
    Language("go", "go", (".go",), lines=("//",), blocks=_C),
    Language(
        "javascript",
        "javascript",
        (".js", ".mjs", ".cjs"),
        interpreters=("node", "deno", "bun"),
        lines=("//", "#!"),
        blocks=_C,
    ),
    Language("jsx", "jsx", (".jsx",), lines=("//",), blocks=_C),
    Language("typescript", "typescript", (".ts", ".mts", ".cts"), lines=("//", "#!"), blocks=_C),
    Language("tsx", "tsx", (".tsx",), lines=("//",), blocks=_C),
    # Single-file components hold HTML, CSS and JavaScript, each with comments of its own.
    Language("vue", "vue", (".vue",)),
    Language(
        "shell",
        "bash",
        (".sh", ".bash", ".zsh", ".ksh"),
        (".bashrc", ".zshrc", ".profile", ".bash_profile", "pkgbuild"),
        ("sh", "bash", "zsh", "ksh", "dash", "ash"),
        lines=("#",),
    ),
    Language("fish", "fish", (".fish",), interpreters=("fish",), lines=("#",)),
    Language(
        "powershell",
        "powershell",
        (".ps1", ".psm1", ".psd1"),
        interpreters=("pwsh",),
        lines=("#",),
        blocks=(("<#", "#>"),),
    ),
    Language("batch", "batch", (".bat", ".cmd")),
    Language("rust", "rust", (".rs",), lines=("//",), blocks=_C, nests=True),
    Language("c", "c", (".c", ".h"), lines=("//",), blocks=_C),
    Language(
        "cpp", "cpp", (".cpp", ".cc", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".ipp", ".tpp"), lines=("//",), blocks=_C
    ),
    Language("objective-c", "objective-c", (".m", ".mm"), lines=("//",), blocks=_C),
    Language("csharp", "csharp", (".cs",), lines=("//",), blocks=_C),
    Language("fsharp", "fsharp", (".fs", ".fsi", ".fsx"), lines=("//",), blocks=(("(*", "*)"),), nests=True),
    Language("java", "java", (".java",), lines=("//",), blocks=_C),
    Language("kotlin", "kotlin", (".kt", ".kts"), lines=("//", "#!"), blocks=_C, nests=True),
    Language("scala", "scala", (".scala", ".sc"), lines=("//", "#!"), blocks=_C, nests=True),
    Language("groovy", "groovy", (".groovy", ".gradle"), ("jenkinsfile",), ("groovy",), lines=("//", "#!"), blocks=_C),
    Language("swift", "swift", (".swift",), lines=("//", "#!"), blocks=_C, nests=True),
    Language("dart", "dart", (".dart",), lines=("//", "#!"), blocks=_C, nests=True),
    Language("solidity", "solidity", (".sol",), lines=("//",), blocks=_C),
    Language("zig", "zig", (".zig",), lines=("//",)),
    # What stands outside its tags is HTML.
    Language("php", "php", (".php", ".phtml"), interpreters=("php",), lines=("//", "#"), blocks=(*_C, *_HTML)),
    # Embedded documents (`=begin`) and what follows `__END__` have openers that are no marks.
    Language(
        "ruby", "ruby", (".rb", ".rake", ".gemspec"), ("rakefile", "gemfile", "vagrantfile", "podfile"), ("ruby",)
    ),
    Language("perl", "perl", (".pl", ".pm"), interpreters=("perl",)),
    Language(
        "lua", "lua", (".lua",), interpreters=("lua", "luajit"), lines=("--", "#!"), blocks=(("--[", "]"),), nests=True
    ),
    Language("r", "r", (".r",), interpreters=("rscript",), lines=("#",)),
    Language("julia", "julia", (".jl",), interpreters=("julia",), lines=("#",), blocks=(("#=", "=#"),), nests=True),
    Language("elixir", "elixir", (".ex", ".exs"), interpreters=("elixir",), lines=("#",)),
    Language("erlang", "erlang", (".erl", ".hrl"), interpreters=("escript",), lines=("%", "#!")),
    Language(
        "haskell",
        "haskell",
        (".hs",),
        interpreters=("runghc", "runhaskell"),
        lines=("--",),
        blocks=(("{-", "-}"),),
        nests=True,
    ),
    Language("ocaml", "ocaml", (".ml", ".mli"), interpreters=("ocaml",), blocks=(("(*", "*)"),), nests=True),
    Language("clojure", "clojure", (".clj", ".cljc", ".cljs")),
    Language("sql", "sql", (".sql",), lines=("--", "#"), blocks=_C, nests=True),
    Language("protobuf", "protobuf", (".proto",), lines=("//",), blocks=_C),
    Language("graphql", "graphql", (".graphql", ".gql"), lines=("#",)),
    Language("css", "css", (".css",), blocks=_C, is_programming=False),
    Language("scss", "scss", (".scss",), lines=("//",), blocks=_C, is_programming=False),
    Language("less", "less", (".less",), lines=("//",), blocks=_C, is_programming=False),
    # Scripts and styles in it bring their own comments.
    Language(
        "html",
        "html",
        (".html", ".htm", ".xhtml"),
        lines=("//",),
        blocks=(*_C, *_HTML),
        embeds=(("<script", "</script"), ("<style", "</style")),
        is_programming=False,
    ),
    Language("xml", "xml", (".xml", ".xsd", ".xsl", ".xslt", ".svg", ".pom"), blocks=_HTML, is_programming=False),
    Language("yaml", "yaml", (".yaml", ".yml"), lines=("#",), is_programming=False),
    Language("toml", "toml", (".toml",), ("pipfile",), lines=("#",), is_programming=False),
    Language("ini", "ini", (".ini", ".cfg", ".conf"), (".editorconfig",), lines=("#", ";"), is_programming=False),
    Language("properties", "properties", (".properties",), lines=("#", "!"), is_programming=False),
    Language(
        "dockerfile", "docker", (".dockerfile",), ("dockerfile", "containerfile"), lines=("#",), is_programming=False
    ),
    Language("terraform", "terraform", (".tf", ".tfvars", ".hcl"), lines=("#", "//"), blocks=_C, is_programming=False),
    Language("nix", "nix", (".nix",), lines=("#",), blocks=_C, is_programming=False),
    Language(
        "make",
        "make",
        (".mk", ".mak"),
        ("makefile", "gnumakefile"),
        interpreters=("make",),
        lines=("#",),
        is_programming=False,
    ),
    Language(
        "cmake",
        "cmake",
        (".cmake",),
        ("cmakelists.txt",),
        lines=("#",),
        blocks=(("#[", "]"),),
        nests=True,
        is_programming=False,
    ),
)
"""All of them, by name in this order."""

PROGRAMMING: Final = frozenset(language.name for language in LANGUAGES if language.is_programming)
"""The names of those that programs are written in."""

_BY_SUFFIX: Final = {suffix: language for language in LANGUAGES for suffix in language.suffixes}
_BY_NAME: Final = {name: language for language in LANGUAGES for name in language.names}
_BY_INTERPRETER: Final = {name: language for language in LANGUAGES for name in language.interpreters}
_SHEBANG: Final = re.compile(rb"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-S[ \t]+)?)?(?:\S*/)?([A-Za-z]+[0-9]?)")

# Where tests and what belongs to them lie by the habits of the languages above.
_TEST_FOLDERS: Final = frozenset(
    {"test", "tests", "testing", "testdata", "test-data", "test_data", "fixtures", "__fixtures__", "__tests__",
     "__mocks__", "mocks", "spec", "specs", "e2e", "cypress"}
)  # fmt: skip
_TEST_NAME: Final = re.compile(
    r"(?:tests?[_-].*|.*[_.-]tests?|.*[_.]spec|conftest|setuptests|.*(?<=[a-z0-9])Tests?|Tests?)\.[^/]+|tests?(?:\.[a-z]+)?"
)


def find_language(path: str, head: bytes = b"") -> Language | None:
    """Return the language of a file by its path, or, where the name has no suffix, by its first line; None: unknown."""
    name = path.rpartition("/")[2]
    lower = name.lower()
    found = _BY_NAME.get(lower)
    if found:
        return found
    stem, dot, suffix = lower.rpartition(".")
    if stem:
        # `Dockerfile.dev` is a Dockerfile, whatever stands behind the dot.
        return _BY_SUFFIX.get(dot + suffix) or _BY_NAME.get(stem if stem == "dockerfile" else "")
    shebang = _SHEBANG.match(head)
    return _BY_INTERPRETER.get(shebang[1].decode().lower()) if shebang else None


def is_test(path: str) -> bool:
    """Tell whether a path, with `/`, is that of a test or of what tests bring along, by the habits of its language."""
    *folders, name = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or bool(_TEST_NAME.fullmatch(name))
