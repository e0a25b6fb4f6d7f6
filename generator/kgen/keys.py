# SPDX-License-Identifier: Apache-2.0
"""Private keys: kubeadm's five algorithms, and where new keys come from.

Imports only what making keys needs, so that a program can start making them before it imports anything else.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class Algorithm(enum.Enum):
    """kubeadm's names of key types (apis/kubeadm/types.go, EncryptionAlgorithmType)."""

    RSA_2048 = "RSA-2048"
    RSA_3072 = "RSA-3072"
    RSA_4096 = "RSA-4096"
    ECDSA_P256 = "ECDSA-P256"
    ECDSA_P384 = "ECDSA-P384"


_MAKERS: dict[Algorithm, Callable[[], PrivateKey]] = {
    Algorithm.RSA_2048: lambda: rsa.generate_private_key(65537, 2048),
    Algorithm.RSA_3072: lambda: rsa.generate_private_key(65537, 3072),
    Algorithm.RSA_4096: lambda: rsa.generate_private_key(65537, 4096),
    Algorithm.ECDSA_P256: lambda: ec.generate_private_key(ec.SECP256R1()),
    Algorithm.ECDSA_P384: lambda: ec.generate_private_key(ec.SECP384R1()),
}


def generate(algorithm: Algorithm) -> PrivateKey:
    """A new private key from the operating system's randomness."""
    return _MAKERS[algorithm]()


class KeySource(Protocol):
    """Where the keyring gets new private keys."""

    def start(self, algorithm: Algorithm, count: int) -> None:
        """Have at least `count` keys that nobody took yet made or on their way. Returns at once."""

    def take(self, algorithm: Algorithm) -> PrivateKey:
        """A key that nobody else gets; waits for it, and makes it now if none was started."""


class ThreadedKeys:
    """Makes keys in threads (OpenSSL releases the GIL). As a context manager, drops those not taken at its end."""

    def __init__(self, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="keys")
        self._coming: dict[Algorithm, deque[Future[PrivateKey]]] = {algorithm: deque() for algorithm in Algorithm}

    def start(self, algorithm: Algorithm, count: int) -> None:
        """See KeySource."""
        coming = self._coming[algorithm]
        while len(coming) < count:
            coming.append(self._pool.submit(generate, algorithm))

    def take(self, algorithm: Algorithm) -> PrivateKey:
        """See KeySource."""
        self.start(algorithm, 1)
        return self._coming[algorithm].popleft().result()

    def close(self) -> None:
        """Cancel what has not begun. A key that is being made is finished and dropped, without waiting for it."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> ThreadedKeys:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
