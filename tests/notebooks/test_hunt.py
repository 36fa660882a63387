"""The hunt for customers' values opens every kind of file."""

import base64
import gzip
import json
import sqlite3
import zipfile
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
from matplotlib.figure import Figure

from tests.notebooks.hunt import Planted, hunt

VALUES = Planted(frozenset({"C00000017"}), frozenset({"13812345678"}), frozenset({"123456.78"}), ("轩辕埋名",))


def picture(text: str) -> bytes:
    stream = BytesIO()
    Figure().savefig(stream, format="png", metadata={"Description": text})
    return stream.getvalue()


def test_values_are_found_in_every_kind_of_file_and_said_by_kind(tmp_path):
    (tmp_path / "run.log").write_text("row 3: C00000017 has 123,456.78 yuan", "utf-8")
    (tmp_path / "sms.csv").write_text("轩辕埋名,13812345678", "gb18030")
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata({"note": "13812345678"}), tmp_path / "footer.parquet")
    pq.write_table(pa.table({"a": ["C00000017"]}), tmp_path / "cells.parquet")
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("xl/sharedStrings.xml", "<t>轩辕埋名</t>")
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("CREATE TABLE t AS SELECT 'C00000017' AS message")
    (tmp_path / "plot.png").write_bytes(picture("C00000017"))
    outputs = [{"data": {"image/png": base64.b64encode(picture("C00000017")).decode()}}]
    (tmp_path / "1.ipynb").write_text(json.dumps({"cells": [{"outputs": outputs}]}), "utf-8")
    (tmp_path / "2.log.gz").write_bytes(gzip.compress(b"C00000017"))
    assert hunt(tmp_path, VALUES) == {
        "run.log": {"number", "amount"},
        "sms.csv": {"text", "phone"},
        "footer.parquet": {"phone"},
        "cells.parquet": {"number"},
        "book.xlsx": {"text"},
        "runs.db": {"number"},
        "plot.png": {"number"},
        "1.ipynb": {"number"},
        "2.log.gz": {"number"},
    }


def test_longer_numbers_and_sums_are_no_values(tmp_path):
    (tmp_path / "run.log").write_text("C000000171, 138123456789, 1123456.78, 123456.789", "utf-8")
    assert hunt(tmp_path, VALUES) == {}
