# SPDX-License-Identifier: Apache-2.0
"""kubelet-finalize: kubelet.conf points to the certificate that the kubelet renews; the one it holds would expire.

kubeadm app/cmd/phases/init/kubeletfinalize.go: only if the kubelet has made that file.
"""

from __future__ import annotations

import hashlib
import re


def finalized(content: bytes, pem: str) -> bytes:
    """kubelet.conf with its client certificate and key taken from the file at pem, as kubeadm writes it."""
    text = content.decode()
    text = re.sub(r"^( +)client-certificate-data: \S+$", rf"\g<1>client-certificate: {pem}", text, flags=re.MULTILINE)
    text = re.sub(r"^( +)client-key-data: \S+$", rf"\g<1>client-key: {pem}", text, flags=re.MULTILINE)
    return text.encode()


def finalized_sha256(content: bytes, pem: str) -> str:
    """SHA-256 of that."""
    return hashlib.sha256(finalized(content, pem)).hexdigest()
