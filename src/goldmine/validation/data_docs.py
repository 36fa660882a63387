"""The local site of Data Docs: an index of our own, and pages that need no network."""

import html
import re
from pathlib import Path
from typing import Any

from goldmine.core.files import read_json, whole_file
from goldmine.core.workspace import Workspace

# Great Expectations' pages load styles, scripts and a logo from a dozen web addresses, which a bank's network
# does not reach, and its index is a script's work altogether.
_WEB = r"[\"']?(?:https?:)?//[^>]*>"
_FROM_THE_WEB = re.compile(
    rf"<script\b[^>]*\bsrc={_WEB}\s*</script>|<link\b[^>]*\bhref={_WEB}|<img\b[^>]*\bsrc={_WEB}|<footer>.*?</footer>"
    r"|background: url\([\"']?(?:https?:)?//[^;]*;",
    re.DOTALL,
)
_STYLE = """<style>
body { font-family: sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top; }
.failed, .text-danger { color: #b00020; }
.text-success { color: #1b7a3d; }
.fa-check-circle::before { content: "\\2713"; }
.fa-times::before { content: "\\2717"; }
</style>"""


def finish_site(work: Workspace) -> None:
    """Make the pages of the Data Docs stand alone, and write their index.

    Parameters
    ----------
    work : Workspace
        Its Data Docs, and the JSON results that the index sums up.
    """
    for page in work.docs.rglob("*.html"):
        text = page.read_text("utf-8")
        if _FROM_THE_WEB.search(text):
            page.write_text(_FROM_THE_WEB.sub("", text).replace("</head>", f"{_STYLE}</head>"), "utf-8")
    results = [read_json(path) for path in sorted(work.validation("any").parent.glob("*.json"))]
    rows = "\n".join(_row(work.docs, result) for result in results)
    with whole_file(work.docs / "index.html") as temporary:
        temporary.write_text(
            f'<!doctype html><html><head><meta charset="utf-8"><title>Data Docs</title>{_STYLE}</head><body>\n'
            "<h1>Data Docs</h1>\n<table><tr><th>Suite</th><th>Result</th><th>Rules</th>"
            f"<th>Fatal failures</th><th>Warnings</th><th>Not applicable</th></tr>\n{rows}\n</table></body></html>\n",
            "utf-8",
        )


def _row(docs: Path, result: dict[str, Any]) -> str:
    suite = html.escape(result["suite"])
    page = next((docs / "validations" / result["suite"]).rglob("*.html"), None)
    link = f'<a href="{page.relative_to(docs).as_posix()}">{suite}</a>' if page else suite
    verdict = "passed" if result["success"] else '<span class="failed">failed</span>'
    cells = (link, verdict, len(result["rules"]), result["fatal"], result["warnings"], len(result["skipped"]))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
