"""Folders of one deployment on disk: who may walk into them, and the secrets kept in one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def is_open_to_others(folder: Path) -> bool:
    """Tell whether an ordinary user may walk down to `folder`; PostgreSQL, which refuses root, has to."""
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents] if parent.exists())


def get_secret(*, data_dir: Path, name: str) -> str:
    """Return the secret called `name`, making it on first use; readable by its owner alone."""
    path = data_dir / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    draft = path.with_name(f".{name}.{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            # A link, unlike a rename, never replaces the secret that another process has just made.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
