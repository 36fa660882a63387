"""A sentence in English that knows its Chinese, for what is written down once and read in either language."""


class Said(str):
    """An English text, as logs and journals keep it, and the same in Chinese.

    Parameters
    ----------
    en, zh : str
        The two texts.

    Examples
    --------
    >>> told = Said("no champion yet", "尚无冠军模型")
    >>> told, told.zh
    ('no champion yet', '尚无冠军模型')
    """

    zh: str

    def __new__(cls, en: str, zh: str) -> "Said":
        made = super().__new__(cls, en)
        made.zh = zh
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """What a copy is made from."""
        return str(self), self.zh


def in_language(text: str, language: str) -> str:
    """A text in a language, ``en`` or ``zh``; what is known in English alone stays as it is."""
    return text.zh if language == "zh" and isinstance(text, Said) else str(text)
