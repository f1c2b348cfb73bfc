"""Every form of the report but HTML, by its name."""

import io
from collections.abc import Callable
from typing import BinaryIO

from tng.audit.models import Audit
from tng.report.audit.csv_form import write_csv
from tng.report.audit.json_form import write_json
from tng.report.audit.junit import write_junit
from tng.report.audit.markdown import write_markdown
from tng.report.audit.sarif import write_sarif
from tng.report.audit.xlsx import write_xlsx

FORMS: dict[str, Callable[[Audit, BinaryIO], None]] = {
    "csv": write_csv,
    "json": write_json,
    "junit": write_junit,
    "markdown": write_markdown,
    "sarif": write_sarif,
    "xlsx": write_xlsx,
}
TEXT_FORMS = sorted(set(FORMS) - {"xlsx"})


def written(form: str, audit: Audit) -> bytes:
    stream = io.BytesIO()
    FORMS[form](audit, stream)
    return stream.getvalue()
