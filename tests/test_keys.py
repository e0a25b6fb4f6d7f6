# SPDX-License-Identifier: Apache-2.0
"""New keys come from threads, early, each for one taker."""

from __future__ import annotations

import os
import subprocess
import sys

from kgen.keys import Algorithm, ThreadedKeys
from kgen.pem import encode_private_key, key_name


def test_algorithms() -> None:
    """Each algorithm makes the kind of key it is named after, whether it was started or not."""
    with ThreadedKeys() as keys:
        keys.start(Algorithm.RSA_2048, 1)
        for algorithm in (Algorithm.RSA_2048, Algorithm.ECDSA_P256, Algorithm.ECDSA_P384):
            assert key_name(keys.take(algorithm)) == algorithm.value


def test_each_key_once() -> None:
    """Nobody gets a key that somebody else has; starting twice does not make twice as many."""
    with ThreadedKeys() as keys:
        keys.start(Algorithm.ECDSA_P256, 2)
        keys.start(Algorithm.ECDSA_P256, 2)
        assert len(keys._coming[Algorithm.ECDSA_P256]) == 2
        taken = {encode_private_key(keys.take(Algorithm.ECDSA_P256)) for _ in range(3)}
    assert len(taken) == 3


def test_close_drops_the_rest() -> None:
    """Keys that nobody takes are not waited for."""
    with ThreadedKeys(workers=1) as keys:
        keys.start(Algorithm.RSA_3072, 100)
        waiting = keys._coming[Algorithm.RSA_3072]
    assert sum(future.cancelled() for future in waiting) >= 98


def test_light() -> None:
    """Importing kgen.keys loads neither X.509 nor anything else that takes long."""
    code = "import sys, kgen.keys; print([m for m in ('cryptography.x509', 'yaml', 'jinja2') if m in sys.modules])"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "[]\n"
