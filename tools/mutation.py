"""
Change the engine in small ways and show each change that no test notices: `make mutation MODULE=kernel.money`.

mutmut writes all changed functions (the mutants) beside the originals into `mutants/`. Here pytest collects the tests of
the module's context once; then a forked process for each mutant runs the tests that reach its function, the quickest
first, until one fails. docs/mutation.md holds the figures and the judgements.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import json
import os
import resource
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from mutmut.__main__ import CatchOutput, copy_also_copy_files, copy_src_dir, create_mutants, setup_source_paths
from mutmut.configuration import config
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import change_cwd, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

WORK = Path("mutants")
NOTE = WORK / "module.txt"
SURVIVED, KILLED, NO_TESTS, TIMED_OUT = 0, 1, 33, 36
UNNOTICED = ("survived", "no tests")


def main() -> None:
    """Try the mutants of a module and show the unnoticed ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="+", help="modules or packages of one context, such as kernel.exact")
    parser.add_argument("--children", type=int, default=1, help="how many mutants are tried at the same time")
    parser.add_argument("--every", type=int, default=1, help="try every n-th mutant only")
    parser.add_argument("--slowest", type=float, default=1.0, help="leave out tests that take more seconds than this")
    parser.add_argument("--tests", nargs="*", help="run these tests in place of all that the context has")
    parser.add_argument("--again", action="store_true", help="try only those that no test noticed the last time")
    parser.add_argument("--show", action="store_true", help="try nothing, show what the last run found")
    given = parser.parse_args()
    narrow_to(given.modules, tests=given.tests)
    if not given.show:
        with CatchOutput(spinner_title=""):
            copy_src_dir()
            copy_also_copy_files()
            setup_source_paths()
            create_mutants(given.children)
        names = [name for file in mutated_files() for name in file.exit_code_by_key][:: given.every]
        if given.again:
            names = [name for file in mutated_files() for name in unnoticed(file)]
        names.sort(key=lambda name: name[::-1])  # a mixed order, so that an interrupted run is a sample of all
        print(f"{len(names)} mutants", file=sys.stderr)
        try_mutants(names, child_count=given.children, slowest_s=given.slowest)
    for file in mutated_files():
        for name in unnoticed(file):
            print(f"\n{name}: {status_of(file, name)}\n{changed_lines(file, name)}")
    print("\n| module | mutants | tried | killed | timed out | survived |\n|---|---:|---:|---:|---:|---:|")
    for file in mutated_files():
        print(row_of(file))


def narrow_to(modules: list[str], *, tests: list[str] | None) -> None:
    """Let mutmut change these modules only and run the tests of their context; forget what it knew about others."""
    paths = [f"src/hydria/{module.replace('.', '/')}" for module in modules]
    context = modules[0].split(".")[0]
    config().only_mutate = [pattern for path in paths for pattern in (f"{path}.py", f"{path}/*.py")]
    config().pytest_add_cli_args_test_selection = tests or [
        folder for folder in (f"tests/unit/{context}", f"tests/golden/{context}") if Path(folder).exists()
    ]
    if not NOTE.exists() or NOTE.read_text() != " ".join(modules):
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir()
        NOTE.write_text(" ".join(modules))
    shutil.rmtree(WORK / "tests", ignore_errors=True)  # they come anew, without what was taken away meanwhile


# Trying


def try_mutants(names: list[str], *, child_count: int, slowest_s: float) -> None:
    """Run the tests on each mutant and keep the outcome where mutmut keeps it."""
    loop = MutantLoop(names, child_count, slowest_s)
    arguments = [*config().pytest_add_cli_args_test_selection, *config().pytest_add_cli_args]
    with change_cwd(WORK):
        code = pytest.main(["--rootdir=.", "-qs", "--no-header", "--no-summary", *arguments], plugins=[loop])
    if code != pytest.ExitCode.OK:
        sys.exit(f"The tests do not pass as they are; see `pytest {' '.join(arguments)}`.")
    keep(loop.codes)


def keep(codes: dict[str, int]) -> None:
    """Write outcomes where mutmut keeps them, so that an interrupted run has not been for nothing."""
    for file in mutated_files():
        file.exit_code_by_key |= {name: code for name, code in codes.items() if name in file.exit_code_by_key}
        file.save()


class MutantLoop:
    """Stand in for pytest's loop over the tests: run them once to learn what they reach, then for every mutant."""

    def __init__(self, names: list[str], child_count: int, slowest_s: float) -> None:
        self.names = names
        self.child_count = child_count
        self.slowest_s = slowest_s
        self.codes: dict[str, int] = {}
        self.running: dict[int, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant in a process of its own, forked when all tests are loaded and none has run."""
        tests, seconds = self.learn(session.items)
        started = time.monotonic()
        for count, name in enumerate(self.names, 1):
            reaching = sorted(tests.get(mangled_name_from_mutant_name(name), ()), key=seconds.__getitem__)
            reaching = [place for place in reaching if seconds[place] <= self.slowest_s]
            if not reaching:
                self.codes[name] = NO_TESTS
                continue
            if len(self.running) == self.child_count:
                self.wait()
            limit_s = 5 + int(10 * sum(seconds[place] for place in reaching))
            self.running[fork(lambda n=name, r=reaching, s=limit_s: run(session, r, mutant=n, limit_s=s))] = name
            if count % 50 == 0:
                with change_cwd(session.config.invocation_params.dir.parent):
                    keep(self.codes)
                print(f"{count} after {time.monotonic() - started:.0f} s", file=sys.stderr)
        while self.running:
            self.wait()
        return True

    def wait(self) -> None:
        """Wait for the next process to end; one that was stopped by a signal used up its time."""
        pid, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        self.codes[self.running.pop(pid)] = code if code in {SURVIVED, KILLED} else TIMED_OUT if code < 0 else KILLED

    def learn(self, items: list[pytest.Item]) -> tuple[dict[str, list[int]], list[float]]:
        """Return which tests (their places) reach each function, and how long each test takes."""
        note = Path("reached.json").resolve()
        if os.waitstatus_to_exitcode(os.waitpid(fork(lambda: learn(items, note)), 0)[1]) != 0:
            raise pytest.UsageError("a test fails on the code as it is")
        tests, seconds, modules = json.loads(note.read_text())
        for module in modules:  # what tests import late is imported once, here, and not by every process
            with contextlib.suppress(Exception):
                importlib.import_module(module)
        gc.collect()
        gc.freeze()
        return tests, seconds


def fork(act: Callable[[], int]) -> int:
    """Act in a silent process of its own, whose exit code is what the act returns; give its number."""
    sys.stdout.flush()
    if pid := os.fork():
        return pid
    code = KILLED
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        code = act()
    finally:
        os._exit(code)


def learn(items: list[pytest.Item], note: Path) -> int:
    """Run all tests once on the code as it is and write down what each reaches and how long it takes."""
    set_mutant_under_test("stats")
    reached = state()._stats  # noqa: SLF001  # the only place where mutmut keeps it
    tests: dict[str, list[int]] = defaultdict(list)
    seconds = []
    for place, item in enumerate(items):
        reached.clear()
        started = time.process_time()
        if not passes(item, items[place + 1] if place + 1 < len(items) else None):
            return KILLED
        seconds.append(time.process_time() - started)
        for function in reached:
            tests[function].append(place)
    note.write_text(json.dumps([tests, seconds, sorted(sys.modules)]))
    return SURVIVED


def run(session: pytest.Session, places: Iterable[int], *, mutant: str, limit_s: int) -> int:
    """Run tests on a mutant until one fails."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
    set_mutant_under_test(mutant)
    items = [session.items[place] for place in places]
    for item, following in zip(items, [*items[1:], items[-1]], strict=True):
        if not passes(item, following):
            return KILLED
    return SURVIVED


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Run one test; what the following one uses too stays set up."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


# Showing


def mutated_files() -> list[SourceFileMutationData]:
    """Return what is known about the files of the module."""
    found = []
    for path in sorted(walk_mutatable_files()):
        file = SourceFileMutationData(path=path)
        file.load()
        if file.exit_code_by_key:
            found.append(file)
    return found


def status_of(file: SourceFileMutationData, name: str) -> str:
    """Return how a mutant fared, in mutmut's words."""
    return str(status_by_exit_code[file.exit_code_by_key[name]])


def unnoticed(file: SourceFileMutationData) -> list[str]:
    """Return the names of the mutants that were tried and that no test noticed."""
    return [name for name in file.exit_code_by_key if status_of(file, name) in UNNOTICED]


def changed_lines(file: SourceFileMutationData, name: str) -> str:
    """Return the lines that a mutant takes away and those that it puts in their place."""
    lines = get_diff_for_mutant(name, path=file.path).splitlines()
    return "\n".join(line for line in lines if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"})


def row_of(file: SourceFileMutationData) -> str:
    """Return the figures of a file as a row of a table."""
    counts = Counter(status_of(file, name) for name in file.exit_code_by_key)
    left = sum(counts[status] for status in UNNOTICED)
    tried = counts.total() - counts["not checked"]
    name = ".".join(Path(file.path).relative_to("src/hydria").with_suffix("").parts)
    return f"| {name} | {counts.total()} | {tried} | {counts['killed']} | {counts['timeout']} | {left} |"


if __name__ == "__main__":
    sys.exit(main())
