"""Writes what is made from the declarations: every action.yml and the tables of the READMEs.

python3 tools/generate.py            write them
python3 tools/generate.py --check    exit 1 and name the files that would change
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT)]

from actions import ACTIONS  # noqa: E402 - after the path is arranged
from actions.declare import Action, Declared, find_action  # noqa: E402 - likewise
from maximus.files import write_whole  # noqa: E402 - likewise

TITLES = {
    "release": "maximus release",
    "sbom": "maximus sbom",
    "sign": "maximus sign",
    "verify": "maximus verify",
    "draft": "maximus draft",
    "label": "maximus label",
    "gate": "maximus gate",
    "evidence": "maximus evidence",
    "consciousness": "maximus consciousness",
}
BRANDING = {
    "release": ("package", "blue"),
    "sbom": ("list", "blue"),
    "sign": ("edit-3", "blue"),
    "verify": ("check-circle", "blue"),
    "draft": ("file-text", "blue"),
    "label": ("tag", "blue"),
    "gate": ("check-square", "blue"),
    "evidence": ("archive", "blue"),
    "consciousness": ("activity", "blue"),
}
PERMISSIONS = {
    "release": {"contents": "write: drafts the release and attaches its files", "id-token": "write: keyless signing"},
    "sbom": {},
    "sign": {"id-token": "write: keyless signing"},
    "verify": {},
    "draft": {
        "contents": "write: drafts the release and attaches its files",
        "pull-requests": "read: titles and labels of what was merged",
    },
    "label": {
        "contents": "read: the configuration",
        "pull-requests": "write: adds the labels",
    },
    "gate": {"contents": "read: the tree, and what the checks `pins` and `ruleset` ask GitHub"},
    "evidence": {"actions": "read: who approved a run, with `run-id` only"},
    "consciousness": {},
}
LIMITS = ("sbom.limits", "sbom.naming", "sbom.patience", "documents", "sbom.images.limits", "sbom.images.tars")
"""Whose limits docs/sbom.md tells."""


def _source(action: Action) -> str:
    """Return the file in which an action declares its inputs."""
    return Path(inspect.getfile(action.module.Inputs)).relative_to(ROOT).as_posix()


def action_yml(action: Action) -> str:
    """Return the action's metadata file: one `run:` step, no `uses:`, no expression in a command."""
    icon, colour = BRANDING[action.name]
    needed = [f"#   {scope}: {level}" for scope, level in PERMISSIONS[action.name].items()] or ["#   none"]
    lines = [
        f"# Made by tools/generate.py from {_source(action)}: change it there.",
        "# Permissions the job needs:",
        *needed,
        f"name: {TITLES[action.name]}",
        f"description: {_quoted(action.title)}",
        "author: The MAXIMUS maintainers",
        "branding:",
        f"  icon: {icon}",
        f"  color: {colour}",
        "inputs:",
    ]
    for item in action.inputs():
        lines += [f"  {item.name}:", f"    description: {_quoted(_described(item))}"]
        if item.required:
            lines.append("    required: true")
        else:
            lines.append(f"    default: {_quoted(item.default_text)}")
        if item.deprecated:
            lines.append(f"    deprecationMessage: {_quoted(item.deprecated)}")
    lines.append("outputs:")
    for item in action.outputs():
        lines += [
            f"  {item.name}:",
            f"    description: {_quoted(item.help)}",
            "    value: ${{ steps.run.outputs.%s }}" % item.name,  # noqa: UP031 - braces of the runner's
        ]
    up = "" if action.name == "release" else "/.."
    lines += [
        "runs:",
        "  using: composite",
        "  steps:",
        "    - id: run",
        "      shell: bash",
        f'      run: python3 -I "$GITHUB_ACTION_PATH{up}/actions" {action.name}',
        "      env:",
        "        MAXIMUS_INPUTS: ${{ toJSON(inputs) }}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return the text as a YAML scalar; JSON's quoting is YAML's too, an expression stays as it is."""
    return text if re.fullmatch(r"\$\{\{ [\w.]+ \}\}", text) else json.dumps(text, ensure_ascii=False)


def _described(item: Declared) -> str:
    values = f" One of: {', '.join(item.choices)}." if item.choices and item.kind is not bool else ""
    return item.help + (values if "`" not in item.help else "")


def inputs_table(action: Action) -> str:
    """Return the README's table of inputs."""
    rows = ["| input | what | default |", "|---|---|---|"]
    for item in action.inputs():
        if item.deprecated:
            continue
        default = item.default_text.replace("\n", ", ")
        shown = "required" if item.required else f"`{default}`" if default else ""
        rows.append(f"| `{item.name}` | {_cell(item.help)} | {shown} |")
    return "\n".join(rows) + "\n"


def outputs_table(action: Action) -> str:
    """Return the README's table of outputs."""
    rows = ["| output | what |", "|---|---|"]
    rows += [f"| `{item.name}` | {_cell(item.help)} |" for item in action.outputs()]
    return "\n".join(rows) + "\n"


def permissions_block(action: Action) -> str:
    """Return the README's paragraph on permissions."""
    needed = PERMISSIONS[action.name]
    if not needed:
        return "None: it needs no token.\n"
    return (
        "```yaml\npermissions:\n"
        + "".join(
            f"  {scope}: {level.partition(': ')[0]}  # {level.partition(': ')[2]}\n" for scope, level in needed.items()
        )
        + "```\n"
    )


def actions_table() -> str:
    """Return the root README's table of actions."""
    rows = ["| action | what it does |", "|---|---|"]
    for name in ACTIONS:
        action = find_action(name)
        path = "maximus/actions@v1" if name == "release" else f"maximus/actions/{name}@v1"
        page = "#the-whole-release" if name == "release" else f"{name}/README.md"
        rows.append(f"| [`{path}`]({page}) | {_cell(action.title)} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def limits_table() -> str:
    """Return the table of limits in docs/sbom.md: each constant with its amount and what it bounds."""
    rows = ["| what | at most | constant |", "|---|---|---|"]
    for module in LIMITS:
        values = vars(importlib.import_module(f"maximus.{module}"))
        path = ROOT / "lib" / "maximus" / f"{module.replace('.', '/')}.py"
        for node, behind in itertools.pairwise(ast.parse(path.read_text(encoding="utf-8")).body):
            match node, behind:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str() as said)),
                ) if re.fullmatch("[A-Z][A-Z_]+", name) and isinstance(values[name], int | float):
                    bounded = " ".join(said.split()).removesuffix(".")
                    rows.append(f"| {_cell(bounded)} | {_amount(values[name], said)} | `{module}.{name}` |")
                case ast.AnnAssign(target=ast.Name(id=name)), _ if name.startswith("MAX_"):
                    raise SystemExit(f"{module}.{name} does not say what it bounds")
    return "\n".join(rows) + "\n"


def _amount(value: float, said: str) -> str:
    if said.startswith("Bytes "):
        units = ((30, "GiB"), (20, "MiB"), (10, "KiB"), (0, "bytes"))
        shift, unit = next(each for each in units if not int(value) % (1 << each[0]))
        return f"{int(value) >> shift:,} {unit}"
    return f"{value:,}".removesuffix(".0")


def errors_page() -> str:
    """Return docs/errors.md: every code, what it says, what to do, and where it is raised."""
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    for path in sorted([*(ROOT / "lib").rglob("*.py"), *(ROOT / "actions").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Error"):
                continue
            if len(node.args) < 2 or not isinstance(node.args[0], ast.Constant):  # noqa: PLR2004 - code and what
                continue
            named = {word.arg: word.value for word in node.keywords}
            status = named.get("status")
            level = status.attr if isinstance(status, ast.Attribute) else "FAILED"
            row = (_sentence(node.args[1]), _sentence(named.get("fix")), level, path.relative_to(ROOT).as_posix())
            if row not in found.setdefault(str(node.args[0].value), []):
                found[str(node.args[0].value)].append(row)
    text = "# Errors\n\nMade by `tools/generate.py` from the code. A word in braces stands for what was found.\n\n"
    text += "| code | what happened | what to do | exit status | raised in |\n|---|---|---|---|---|\n"
    numbers = {"FAILED": 1, "USAGE": 2, "OUTSIDE": 3, "UNMEASURED": 70}
    for code, rows in sorted(found.items()):
        for what, fix, level, where in rows:
            text += f"| `{code}` | {_cell(what)} | {_cell(fix)} | {numbers.get(level, '')} | `{where}` |\n"
    return text


def _sentence(node: ast.expr | None) -> str:
    """Return a text of the source as a person reads it, values as words in braces."""
    if isinstance(node, ast.Constant):
        return str(node.value).replace("\n", " ")
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else "{" + re.sub(r"^.*[.]|[^\w].*$", "", ast.unparse(getattr(part, "value", part))) + "}"
            for part in node.values
        ).replace("\n", " ")
    return "" if node is None else "(composed from what was found)"


def filled(text: str, blocks: dict[str, str], where: str) -> str:
    """Return the text with what stands between `<!-- NAME -->` and `<!-- /NAME -->` replaced."""
    for name, block in blocks.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"{where} has no place <!-- {name} -->")
        text = pattern.sub(lambda match, block=block: match[1] + block + match[2], text)  # type: ignore[misc]  # bound default
    return text


def generated() -> dict[Path, str]:
    """Return the content of every file that is made, by its path."""
    made: dict[Path, str] = {ROOT / "docs" / "errors.md": errors_page()}
    guide = ROOT / "docs" / "sbom.md"
    made[guide] = filled(guide.read_text(encoding="utf-8"), {"limits": limits_table()}, "docs/sbom.md")
    for name in ACTIONS:
        action = find_action(name)
        folder = ROOT / action.folder
        made[folder / "action.yml"] = action_yml(action)
        readme = folder / "README.md"
        blocks = {
            "inputs": inputs_table(action),
            "outputs": outputs_table(action),
            "permissions": permissions_block(action),
        }
        if name == "release":
            blocks["actions"] = actions_table()
        made[readme] = filled(readme.read_text(encoding="utf-8"), blocks, str(readme.relative_to(ROOT)))
    return made


def main() -> int:
    """Write or check the files; return the exit status."""
    changed = [
        path for path, text in generated().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    names = ", ".join(sorted(path.relative_to(ROOT).as_posix() for path in changed))
    if "--check" in sys.argv[1:]:
        if changed:
            sys.stderr.write(f"not what the declarations say: {names}\n  Run `make generate` and commit the result.\n")
        return 1 if changed else 0
    made = generated()
    for path in changed:
        write_whole(path, made[path])
    sys.stdout.write(f"written: {names or 'nothing, all were current'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
