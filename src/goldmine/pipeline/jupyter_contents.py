"""JupyterLab's notebooks in another language: translated when opened, in English again when saved."""

import re
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from traitlets import Unicode

from goldmine.core.i18n import LocalizedText, in_language
from goldmine.core.notebook_text import CONTEXT

_LANGUAGE = re.compile(r"^(language: str = )\"\w+\"", re.MULTILINE)
"""The parameter that says in which language a notebook's lines, tables and figures are."""


class TranslatedNotebooks(AsyncLargeFileManager):
    """The files of JupyterLab, notebooks in the language of `make lab LANGUAGE=zh`.

    Markdown cells are translated, and the parameter ``language`` is that language; other code cells are left alone. The
    notebook on disk stays in English and is the only one: a cell that nobody changed is saved as it stood there, a
    changed or new one as it was written.
    """

    language = Unicode("zh", help="Language of the notebooks.").tag(config=True)

    async def get(
        self, path: str, content: bool = True, type: str | None = None, *args: Any, **more: Any
    ) -> dict[str, Any]:
        """A file or folder; of a notebook's content, the cells translated."""
        model: dict[str, Any] = await super().get(path, content, type, *args, **more)
        if model["type"] == "notebook" and model["content"] is not None:
            for cell in model["content"]["cells"]:
                cell["source"] = self._translated(cell)
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Write a file; cells that read as the translation of one on disk are written as that one."""
        if model.get("type") == "notebook" and model.get("content") and await self.file_exists(path):
            on_disk = await super().get(path, content=True, type="notebook")
            english = {self._translated(cell): cell["source"] for cell in on_disk["content"]["cells"]}
            for cell in model["content"]["cells"]:
                source = "".join(cell["source"])
                cell["source"] = english.get(source, source)
        saved: dict[str, Any] = await super().save(model, path)
        return saved

    def _translated(self, cell: dict[str, Any]) -> str:
        """A cell's text in the language: of a markdown cell all of it, of the parameters the language."""
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            return str(in_language(LocalizedText(source, context=CONTEXT), self.language))
        tagged = "parameters" in cell.get("metadata", {}).get("tags", [])
        return _LANGUAGE.sub(rf'\g<1>"{self.language}"', source) if tagged else source
