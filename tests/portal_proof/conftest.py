"""What the portal is proved with: the small portal of the other tests, served on loopback, in a real browser."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.portal.conftest import PASSWORD, browser, journal, release, users

__all__ = ["browser", "journal", "release", "users"]
_NEEDS = {"test_api_document.py": "schemathesis", "open_id_provider.py": "jwt", "test_directory.py": "ldap"}
collect_ignore = [name for name, package in _NEEDS.items() if find_spec(package) is None]
"""What the other tests' environment cannot import; `make portal-proof` installs it."""
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


def pytest_collection_modifyitems(items):
    """Everything below this folder is a proof: `make portal-proof` runs it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.proof)


@pytest.fixture(scope="session")
def chromium():
    """A Chromium for all tests; its path may be given as ``GOLDMINE_CHROMIUM``."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("GOLDMINE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.fail("no Chromium was found: install it, or give its path as GOLDMINE_CHROMIUM")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, in which Django would refuse to touch its database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        opened = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def people(users):
    """The users of each role, who can sign in with `PASSWORD`."""
    from django.contrib.auth.hashers import make_password

    digest = make_password(PASSWORD)
    for user in users.values():
        user.password = digest
        user.save(update_fields=["password"])
    return users


@pytest.fixture
def open_as(chromium, live_server, people):
    """Sign a user in and give the page: ``open_as("s1", width=375)``; without a name, nobody is signed in."""
    contexts = []

    def opened(name="", *, width=1280, height=900, javascript=True, language="zh"):
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda fault: page.faults.append(str(fault)))
        page.on("console", lambda line: page.faults.append(line.text) if line.type == "error" else None)
        if name:
            people[name].language = language
            people[name].save(update_fields=["language"])
            page.goto("/sign-in")
            page.fill("input[name=username]", name)
            page.fill("input[name=password]", PASSWORD)
            page.click("main button.main")
            page.wait_for_url(lambda address: "/sign-in" not in address)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def pictures():
    """A folder for screenshots: ``GOLDMINE_PICTURES``, else below ``data``."""
    folder = Path(os.environ.get("GOLDMINE_PICTURES") or "data/portal_pictures").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
