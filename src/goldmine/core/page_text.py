"""Texts of a bank on pages: templates that escape, and values inside Markdown."""

import html

import jinja2


def page_templates(package: str) -> jinja2.Environment:
    """A package's templates (``*.html.jinja``); every value is escaped, and a missing one is refused."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def markdown_text(value: object) -> str:
    """A value that stands in Markdown as it is: neither HTML nor a heading, a link or emphasis.

    Examples
    --------
    >>> markdown_text("B001 Łódź 2024-06-30")
    'B001 Łódź 2024-06-30'
    >>> markdown_text("<b>*x*")
    '&lt;b&gt;&#42;x&#42;'
    """
    text = html.escape(" ".join(str(value).split()), quote=False)
    return "".join(f"&#{ord(one)};" if one in _MARKDOWN else one for one in text)


_MARKDOWN = frozenset(r"\`*_{}[]()#+!|~$=^:@" + "'\"")
