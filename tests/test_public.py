# SPDX-License-Identifier: Apache-2.0
"""The public names of kgen."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import kgen
from cli.running import MINIMAL, SOURCE
from helpers import CannedKeys

NAMES = [name for name in kgen.__all__ if name != "__version__"]


def test_star() -> None:
    """`from kgen import *` gives every public name; a name that is not public is an AttributeError."""
    scope: dict[str, object] = {}
    exec("from kgen import *", scope)  # noqa: S102 (what users write)
    assert set(kgen.__all__) <= scope.keys()
    assert len(set(kgen.__all__)) == len(kgen.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        kgen.nonsense  # noqa: B018


def test_stubs() -> None:
    """What a type checker sees is what there is."""
    stubs = {
        line.rpartition(" as ")[2] for line in inspect.getsource(kgen).splitlines() if line.startswith("    from kgen")
    }
    assert stubs == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_documented(name: str) -> None:
    """Every public name says what it is, and so does every public method of a class."""
    thing = getattr(kgen, name)
    assert thing.__doc__, name
    if inspect.isclass(thing):
        for method, member in vars(thing).items():
            function = member.fget if isinstance(member, property) else member
            if not method.startswith("_") and inspect.isfunction(inspect.unwrap(function)):
                assert function.__doc__, f"{name}.{method}"
    else:
        assert "Raises" in thing.__doc__ or name == "plan", f"{name} does not say what it raises"


def test_errors() -> None:
    """Every error of kgen is a KgenError with an exit code of its own."""
    errors = [kgen.UsageError, kgen.ConfigurationError, kgen.MaterialError, kgen.TargetError]
    assert all(issubclass(error, kgen.KgenError) for error in errors)
    assert [error.exit_code for error in errors] == [2, 3, 4, 5]


def test_the_four_lines(tmp_path: Path) -> None:
    """The use that the package's own documentation shows."""
    cluster = kgen.load([("config.yaml", MINIMAL.encode())])
    start = datetime(2030, 1, 1, tzinfo=UTC)
    secrets = kgen.gather(cluster, keys=CannedKeys(), start=start, random=lambda count: bytes(range(count)))
    tree = kgen.plan(cluster, secrets)
    kgen.write(tree, str(tmp_path / "out"))
    assert (tmp_path / "out/pki/ca.key").read_bytes() == tree["pki/ca.key"].content
    with pytest.raises(kgen.ConfigurationError) as refused:
        kgen.load([("config.yaml", b"kind: Nonsense")])
    assert isinstance(refused.value.problems[0], kgen.Problem)


def test_import_is_quick() -> None:
    """`import kgen` imports nothing but the standard library."""
    code = "import sys, kgen; print(sorted(sys.modules.keys() & {'yaml', 'jinja2', 'cryptography', 'click'}))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
