"""MkDocs hook: adds the pages that are made from the server's own tables, and those that stand beside docs/.

They exist only while the site is built (`make docs`); nothing generated lies in the repository.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]      # where `python -m mkdocs` looks depends on who calls it

from kvik.commands.table import CommandTable  # noqa: E402
from kvik.server.directives import DIRECTIVES  # noqa: E402
from scripts.docs import command_pages, directive_pages  # noqa: E402

BESIDE_DOCS = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    pages = {
        **command_pages.pages(CommandTable()),
        "configuration.md": directive_pages.page(DIRECTIVES),
        **{path: (ROOT / source).read_text() for path, source in BESIDE_DOCS.items()},
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to what stands beside docs/ lead nowhere on the site: they become the text and the path."""
    if "/" in page.file.src_uri:
        return markdown
    return re.sub(r"\[([^\]]+)\]\(\.\./([^)]+)\)", r"\1 (`\2`)", markdown)
