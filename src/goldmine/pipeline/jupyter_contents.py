"""JupyterLab's notebooks with their prose in another language: translated when opened, in English again when saved."""

from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from traitlets import Unicode

from goldmine.core.i18n import LocalizedText, in_language
from goldmine.core.notebook_text import CONTEXT


class TranslatedNotebooks(AsyncLargeFileManager):
    """The files of JupyterLab, markdown cells in the language of `make lab LANGUAGE=zh`.

    The notebook on disk stays in English and is the only one: a markdown cell that nobody changed is saved as it stood
    there, a changed or new one as it was written. Code cells are left alone.
    """

    language = Unicode("zh", help="Language of the markdown cells.").tag(config=True)

    async def get(
        self, path: str, content: bool = True, type: str | None = None, *args: Any, **more: Any
    ) -> dict[str, Any]:
        """A file or folder; of a notebook's content, the markdown cells translated."""
        model: dict[str, Any] = await super().get(path, content, type, *args, **more)
        if model["type"] == "notebook" and model["content"] is not None:
            for cell in _markdown(model["content"]):
                cell["source"] = self._translated(cell["source"])
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        """Write a file; markdown cells that read as the translation of one on disk are written as that one."""
        if model.get("type") == "notebook" and model.get("content") and await self.file_exists(path):
            on_disk = await super().get(path, content=True, type="notebook")
            english = {self._translated(cell["source"]): cell["source"] for cell in _markdown(on_disk["content"])}
            for cell in _markdown(model["content"]):
                source = "".join(cell["source"])
                cell["source"] = english.get(source, source)
        saved: dict[str, Any] = await super().save(model, path)
        return saved

    def _translated(self, text: str) -> str:
        return str(in_language(LocalizedText(text, context=CONTEXT), self.language))


def _markdown(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
