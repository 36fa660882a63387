import json
from importlib.metadata import version

from goldmine.core.bill_of_materials import bill_of_materials, locked
from goldmine.core.workspace import home

LOCK = """jinja2=={jinja} \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
Not_There==1.0 ; sys_platform == 'win32' \\
    --hash=sha256:{b}
"""


def test_each_locked_package_has_version_licence_and_hashes(tmp_path):
    lock = tmp_path / "x.lock"
    lock.write_text(LOCK.format(jinja=version("jinja2"), a="a" * 64, b="b" * 64))
    jinja, absent = bill_of_materials([lock])["components"]
    assert (jinja["purl"], jinja["licenses"][0]["license"]["name"]) == (
        f"pkg:pypi/jinja2@{version('jinja2')}",
        "BSD License",
    )
    assert [entry["value"][0] for entry in jinja["properties"]] == ["a", "b"]
    assert (absent["name"], absent["version"], absent["licenses"][0]["license"]["name"]) == (
        "not-there",
        "1.0",
        "unknown",
    )


def test_the_same_locks_give_the_same_bill(tmp_path):
    bills = [bill_of_materials([home() / "requirements.lock"]) for _ in range(2)]
    assert json.dumps(bills[0]) == json.dumps(bills[1])


def test_every_package_of_the_lock_is_there_with_a_hash():
    packages = list(locked(home() / "requirements.lock"))
    pinned = [
        line for line in (home() / "requirements.lock").read_text("utf-8").splitlines() if "==" in line.split(";")[0]
    ]
    assert len(packages) == len(pinned) > 100
    assert all(hashes for _, _, hashes in packages)
