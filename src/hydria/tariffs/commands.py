"""
Work with tariff files from the command line: check, rate, convert, format, diff, schema.

None of these needs a database or Django. They speak English unless LANGUAGE says otherwise. Every command exits 0 only when all is well (`diff`: when nothing changes).
"""

from __future__ import annotations

import csv
import datetime
import gettext
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer

from hydria.kernel.issues import Issue, Severity
from hydria.tariffs.domain.findings import fault_sentence

app = typer.Typer(help="Check, try, convert, format and compare tariff files.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
_FILES_FOR_ONE_PROCESS = 8


@app.command()
def check(
    path: Annotated[Path, typer.Argument(exists=True, help="A tariff, or a folder of tariffs.")],
    as_json: _Json = False,
) -> None:
    """Run the cases of tariffs in both engines, and explain whatever is wrong."""
    files = list(_tariff_files(path))
    if len(files) > _FILES_FOR_ONE_PROCESS:
        with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
            reports = list(pool.map(_check_file, files, chunksize=4))
    else:
        reports = [_check_file(file) for file in files]
    if as_json:
        print(json.dumps(reports, ensure_ascii=False, indent=1))
    else:
        for report in reports:
            _print_report(report)
        run, failed = sum(report["run"] for report in reports), sum(report["failed"] for report in reports)
        print(f"{len(reports)} tariffs, {run} cases, {failed} failed.")
    if not reports or not all(report["ok"] for report in reports):
        raise typer.Exit(1)


def _tariff_files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())


def _check_file(path: Path) -> dict[str, Any]:
    from hydria.tariffs.domain.cases import run_cases
    from hydria.tariffs.domain.compile import try_compile

    text, unreadable = _read_text(path)
    tariff, issues = try_compile(text, name=path.stem) if not unreadable else (None, (unreadable,))
    report: dict[str, Any] = {
        "file": str(path),
        "tariff": tariff.name if tariff else path.stem,
        "ok": tariff is not None,
        "run": 0,
        "passed": 0,
        "failed": 0,
        "failures": [],
        "issues": [
            {"line": issue.row, "severity": issue.severity.lower(), "code": issue.code, "message": _worded(issue)}
            for issue in issues
        ],
    }
    if tariff is not None:
        run, differences = run_cases(tariff)
        failed = {difference.line for difference in differences}
        report |= {"ok": not failed, "run": run, "passed": run - len(failed), "failed": len(failed)}
        report["failures"] = [
            {
                "case": difference.case,
                "line": difference.line,
                "engine": difference.engine,
                "what": difference.what,
                "expected": None if difference.expected is None else _number(difference.expected),
                "got": None if difference.got is None else _number(difference.got),
                "fault": difference.fault,
            }
            for difference in differences
        ]
    return report


def _translator() -> Callable[[str], str] | None:
    """Return what translates into the language that LANGUAGE asks for; None for English."""
    language = os.environ.get("LANGUAGE", "").split(":")[0].split("_")[0]
    if language in ("", "en", "C"):
        return None
    folder = Path(__file__).parent / "locale"
    return gettext.translation("django", folder, languages=[language], fallback=True).gettext


def _worded(issue: Issue) -> str:
    """Return a finding with its cure in the reader's language."""
    translate = _translator()
    if translate is None:
        return issue.message
    from hydria.tariffs.documents.findings import finding_cards

    (card,) = finding_cards([issue], translate=translate)
    return f"{card.what} {card.cure}".strip()


def _spoken(sentence: str) -> str:
    translate = _translator()
    if translate is None:
        return sentence
    from hydria.tariffs.documents.findings import spoken

    return spoken(sentence, translate=translate)


def _read_text(path: Path) -> tuple[str, Issue | None]:
    """Read a file; a finding instead of the text when it is too large or not UTF-8."""
    from hydria.tariffs.domain.document import SIZE_MAX
    from hydria.tariffs.domain.findings import Findings

    findings = Findings()
    size = path.stat().st_size
    if size > 4 * SIZE_MAX:
        findings.add("file_too_large", line=1, size=size, size_max=SIZE_MAX)
        return "", findings.issues[0]
    try:
        return path.read_bytes().decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        findings.add("not_utf8", line=line)
        return "", findings.issues[0]


def _number(number: Any) -> str:
    from hydria.tariffs.domain.form import number_text

    return number_text(number)


def _print_report(report: dict[str, Any]) -> None:
    for issue in report["issues"]:
        word = "error" if issue["severity"] == Severity.BLOCK.lower() else "warning"
        print(f"{report['file']}:{issue['line']}: {word}: {issue['message']}")
    for failure in report["failures"]:
        got = failure["fault"] or failure["got"]
        print(
            f"{report['file']}:{failure['line']}: case {failure['case']}: {failure['what']} should be "
            f"{failure['expected']}, the {failure['engine']} engine gets {got}"
        )


@app.command()
def rate(
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The tariff.")],
    inputs: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="CSV: `id`, the tariff's inputs, maybe `from` and `until`."),
    ],
    as_of: Annotated[str, typer.Option(help="Use the prices of this day (default: the newest).")] = "",
    as_json: _Json = False,
) -> None:
    """Price the rows of a CSV file."""
    tariff = _compiled(path, exit_code=1)
    try:
        day = datetime.date.fromisoformat(as_of) if as_of else None
        names = {name: entry.name for entry in tariff.inputs for name in (*entry.also, entry.name)}
        rows, unknown = _read_rows(inputs, names)
    except (ValueError, csv.Error) as error:
        typer.secho(f"{inputs}: {error}", err=True)
        raise typer.Exit(1) from error
    if unknown:
        typer.secho(f"{inputs}: no input is called {', '.join(unknown)}; ignored.", err=True)
    for answer in _answers(tariff, rows, day):
        print(json.dumps(answer, ensure_ascii=False) if as_json else _answer_text(answer))


def _compiled(path: Path, *, exit_code: int) -> Any:
    """Compile a file, or print what stops it and leave."""
    from hydria.tariffs.domain.compile import try_compile

    text, unreadable = _read_text(path)
    tariff, issues = try_compile(text, name=path.stem) if not unreadable else (None, (unreadable,))
    if tariff is None:
        for issue in issues:
            if issue.severity is Severity.BLOCK:
                typer.secho(f"{path}:{issue.row}: error: {_worded(issue)}", err=True)
        raise typer.Exit(exit_code)
    return tariff


def _read_rows(path: Path, names: dict[str, str]) -> tuple[list[dict[str, str | None]], list[str]]:
    """Read a CSV with a header; return its rows and the columns that mean nothing to the tariff."""
    text = path.read_bytes().decode("utf-8-sig")
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if header.count(";") > header.count(",") else ",")
    columns = [names.get(name.strip(), name.strip()) for name in reader.fieldnames or []]
    reader.fieldnames = columns
    if not columns:
        raise ValueError("the file is empty; its first line has to name the columns")
    rows = [{key: value for key, value in row.items() if isinstance(key, str)} for row in reader]
    return rows, [name for name in columns if name not in {*names.values(), "id", "from", "until"}]


def _answers(tariff: Any, rows: list[dict[str, str | None]], as_of: datetime.date | None) -> Iterator[dict[str, Any]]:
    from hydria.tariffs.domain.cases import bills_of
    from hydria.tariffs.domain.evaluation import Fault
    from hydria.tariffs.domain.rating import rate as rate_columns
    from hydria.tariffs.domain.rounding_text import to_text

    if not rows:
        return
    columns = {entry.name: [row.get(entry.name) for row in rows] for entry in tariff.inputs if entry.name in rows[0]}
    starts, ends = _periods(rows)
    batch = rate_columns(tariff, inputs=columns, period_start=starts, period_end=ends, as_of=as_of)
    places = {line.charge.label: _places(line.charge.rounding) for line in batch.lines}
    total_places = _places(tariff.form.total_rounding or tariff.form.line_rounding)
    for index, (row, bill) in enumerate(zip(rows, bills_of(batch), strict=True)):
        identity = row.get("id") or str(index + 1)
        if isinstance(bill, Fault):
            yield {"id": identity, "error": fault_sentence(bill.code, bill.data)}
        else:
            lines = {label: to_text(amount, places[label]) for label, amount in bill.lines.items()}
            yield {"id": identity, "lines": lines, "total": to_text(bill.total, total_places)}


def _places(rounding: Any) -> int:
    return 0 if rounding is None else rounding.places


def _periods(rows: list[dict[str, str | None]]) -> tuple[Any, Any]:
    """Return the days supplied where the file has them; a date that is none makes its row a fault."""
    import numpy as np

    if not {"from", "until"} <= rows[0].keys():
        return None, None
    columns = []
    for name in ("from", "until"):
        dates: list[np.datetime64] = []
        for row in rows:
            try:
                dates.append(np.datetime64(datetime.date.fromisoformat((row[name] or "").strip()), "D"))
            except ValueError:
                dates.append(np.datetime64("NaT", "D"))
        columns.append(np.array(dates, dtype="datetime64[D]"))
    return columns[0], columns[1]


def _answer_text(answer: dict[str, Any]) -> str:
    if "error" in answer:
        return f"{answer['id']}: not priced: {answer['error']}"
    lines = ", ".join(f"{label} {amount}" for label, amount in answer["lines"].items())
    return f"{answer['id']}: {answer['total']} ({lines})"


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(exists=True, help="A file or folder in the neutral form, or OWRS.")],
    target: Annotated[Path, typer.Argument(help="The file or folder to write.")],
) -> None:
    """Turn tariffs of other forms into Hydria's, and list whatever cannot be expressed, and why."""
    if source.is_file():
        jobs = [(source, target / _target_name(source) if target.is_dir() else target)]
    else:
        files = sorted(file for file in source.rglob("*") if file.suffix in (".yaml", ".yml", ".json", ".owrs"))
        jobs = [(file, target / file.relative_to(source).parent / _target_name(file)) for file in files]
    problem_count = 0
    for file, output in jobs:
        for problem in _convert_file(file, output):
            problem_count += 1
            typer.secho(f"{file}: {problem}", err=True)
    print(f"{len(jobs)} files, {problem_count} problems.")
    if problem_count or not jobs:
        raise typer.Exit(1)


def _target_name(source: Path) -> str:
    return source.name.removesuffix(source.suffix).removesuffix(".owrs") + ".yaml"


def _convert_file(source: Path, target: Path) -> list[str]:
    from hydria.tariffs.domain.compile import try_compile
    from hydria.tariffs.domain.conversion import convert_text

    text, unreadable = _read_text(source)
    if unreadable:
        return [unreadable.message]
    made, problems = convert_text(text, name=_target_name(source).removesuffix(".yaml"))
    if made is None:
        return problems
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(made, encoding="utf-8")
    _, issues = try_compile(made, name=target.stem)
    blocks = [issue for issue in issues if issue.severity is Severity.BLOCK]
    return problems + [f"{target.name}:{issue.row}: {issue.message}" for issue in blocks]


@app.command(name="format")
def format_file(
    path: Annotated[Path, typer.Argument(exists=True, help="A tariff, or a folder of tariffs.")],
    only_check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if a file would change.")] = False,
) -> None:
    """Write tariffs in the canonical layout; comments stay."""
    from hydria.tariffs.domain.document import read_document
    from hydria.tariffs.domain.findings import Findings
    from hydria.tariffs.domain.formatting import format_text

    is_bad = False
    for file in _tariff_files(path):
        findings = Findings()
        text, unreadable = _read_text(file)
        root = read_document(text, findings=findings) if not unreadable else None
        for issue in [unreadable] if unreadable else findings.issues:
            typer.secho(f"{file}:{issue.row}: error: {_worded(issue)}", err=True)
            is_bad = True
        if root is None or findings.block or (formatted := format_text(text, root)) == text:
            continue
        print(f"{file}: {'would change' if only_check else 'formatted'}")
        is_bad |= only_check
        if not only_check:
            file.write_text(formatted, encoding="utf-8")
    if is_bad:
        raise typer.Exit(1)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The tariff as it was.")],
    new: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The tariff as it is to be.")],
    as_json: _Json = False,
) -> None:
    """Say what changes for whom, and what it does to the worked bills; exit 1 if anything changes, 2 if unreadable."""
    from hydria.tariffs.domain.difference import case_totals, difference

    before, after = _compiled(old, exit_code=2), _compiled(new, exit_code=2)
    changes, cases = difference(before, after), case_totals(before, after)
    totals = [
        {"case": entry.case, "old": _total(entry.old, before), "new": _total(entry.new, after)} for entry in cases
    ]
    if as_json:
        answer = [
            {"code": change.code, "where": change.where, "data": dict(change.data), "sentence": change.sentence}
            for change in changes
        ]
        print(json.dumps({"changes": answer, "cases": totals}, ensure_ascii=False, indent=1))
    else:
        _print_difference([_spoken(change.sentence) for change in changes], totals)
    if changes:
        raise typer.Exit(1)


def _total(bill: Any, tariff: Any) -> str:
    from hydria.tariffs.domain.evaluation import Fault
    from hydria.tariffs.domain.rounding_text import to_text

    if isinstance(bill, Fault):
        return f"not priced: {fault_sentence(bill.code, bill.data)}"
    return to_text(bill.total, _places(tariff.form.total_rounding or tariff.form.line_rounding))


def _print_difference(sentences: list[str], totals: list[dict[str, str]]) -> None:
    for sentence in sentences or ["Nothing changes."]:
        print(sentence)
    table = [{"case": "Case", "old": "Before", "new": "After"}, *totals] if totals else []
    widths = {key: max(len(row[key]) for row in table) for row in table[:1] for key in row}
    for place, row in enumerate(table):
        cells = (row["case"].ljust(widths["case"]), row["old"].rjust(widths["old"]), row["new"].rjust(widths["new"]))
        print(("" if place else "\n") + "  ".join(cells))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the tariff form, for editors."""
    from hydria.tariffs.domain.schema import tariff_schema

    json.dump(tariff_schema(), sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    app()
