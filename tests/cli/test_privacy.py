# SPDX-License-Identifier: Apache-2.0
"""Secrets stay out of messages: canaries in each place that holds one, beside mistakes that make kgen talk."""

from __future__ import annotations

import pytest

from cli.running import CLUSTER, INIT, MINIMAL, Kgen, content

CANARY = "canary0123456789"
KEY = "c0ffee" + "0" * 58
HOST = "---\napiVersion: kgen/v1\nkind: RenderConfiguration\nhost:\n"
MISTAKES = "clusterNam: x\nnetworking: {podSubnet: nonsense}\n"


def _init(fields: str) -> str:
    return INIT + fields + CLUSTER


def _node(arguments: str) -> str:
    return INIT.replace("cp-1", f"cp-1, kubeletExtraArgs: [{arguments}]") + CLUSTER


PLACES = {
    "token": _init(f"bootstrapTokens: [{{token: abcdef.{CANARY}}}]\n"),
    "broken token": _init(f"bootstrapTokens: [{{token: ABCDEF.{CANARY}}}]\n"),
    "token as a list": _init(f"bootstrapTokens: [{{token: [{CANARY}]}}]\n"),
    "token without a list": _init(f"bootstrapTokens: {{token: {CANARY}}}\n"),
    "certificate key": _init(f"certificateKey: {KEY}\n"),
    "broken certificate key": _init(f"certificateKey: {CANARY}\n"),
    "certificate key as a map": _init(f"certificateKey: {{a: {CANARY}}}\n"),
    "environment": MINIMAL + f"apiServer: {{extraEnvs: [{{name: PASSWORD, value: {CANARY}}}]}}\n",
    "environment as a list": MINIMAL + f"apiServer: {{extraEnvs: [{{name: PASSWORD, value: [{CANARY}]}}]}}\n",
    "environment as a map": MINIMAL + f"apiServer: {{extraEnvs: {{PASSWORD: {CANARY}}}}}\n",
    "environment in a misspelt field": MINIMAL + f"etcd: {{local: {{extraEnvs: [{{name: A, valu: {CANARY}}}]}}}}\n",
    "argument": MINIMAL + f"apiServer: {{extraArgs: [{{name: oidc-client-secret, value: {CANARY}}}]}}\n",
    "argument as a map": MINIMAL + f"scheduler: {{extraArgs: [{{name: a-password, value: {{b: {CANARY}}}}}]}}\n",
    "argument in the old form": MINIMAL + f"controllerManager: {{extraArgs: {{secret: {CANARY}}}}}\n",
    "kubelet's argument": _node(f"{{name: a-token, value: {CANARY}}}, 5"),
    "external etcd": MINIMAL + f"etcd: {{external: {{endpoints: ['https://root:{CANARY}@etcd:x']}}}}\n",
    "broken YAML": MINIMAL + f'apiServer: {{extraEnvs: [{{name: A, value: "{CANARY}}}]}}\n',
    "an alias": _init(f"certificateKey: *{CANARY}\n"),
    "an escape": _init(f'certificateKey: "\\{CANARY}"\n'),
    "a tab": _init(f"bootstrapTokens:\n\t- token: {CANARY}\n"),
    "a duplicate": MINIMAL + f"apiServer: {{extraEnvs: [{{name: A, value: {CANARY}, value: x}}]}}\n",
    "variables as texts": MINIMAL + f"apiServer: {{extraEnvs: [PASSWORD={CANARY}]}}\n",
    "variable as a text": MINIMAL + f"apiServer: {{extraEnvs: PASSWORD={CANARY}}}\n",
    "variable in its name": MINIMAL + f"scheduler: {{extraEnvs: [{{name: PASSWORD={CANARY}}}]}}\n",
    "arguments as texts": MINIMAL + f"apiServer: {{extraArgs: ['--oidc-client-secret', '{CANARY}']}}\n",
    "argument in its name": MINIMAL + f"scheduler: {{extraArgs: [{{name: a-secret {CANARY}, value: ''}}]}}\n",
    "tokens as a text": _init(f"bootstrapTokens: abcdef.{CANARY[:9]}{CANARY}\n"),
    "no blank": _init(f"certificateKey:{KEY}\n"),
    "no blank in a list": MINIMAL + f"apiServer: {{extraEnvs: [{{name: A, value:{CANARY}}}]}}\n",
    "header in broken YAML": MINIMAL + f"dns:\n\tAuthorization: [Bearer {CANARY}]\n",
    "proxy": MINIMAL + HOST + f"  proxy: {{http_proxy: ['http://root:{CANARY}@proxy']}}\n",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("mistakes", ["", MISTAKES], ids=["alone", "among mistakes"])
def test_configuration(kgen: Kgen, place: str, mistakes: str) -> None:
    """No value that may be secret is in an error or a warning, whatever is wrong with it or beside it."""
    text = PLACES[place].replace("encryptionAlgorithm:", mistakes + "encryptionAlgorithm:")
    done = kgen.render(text, "--no-strict", "--dry-run")
    assert CANARY not in done.err + done.out
    assert KEY not in done.err + done.out


USER = f"https://me:{CANARY}@host"
LIKE_A_TOKEN = f"abcdef.{CANARY}"
QUOTED = {
    "an @ in a password": MINIMAL + f"controlPlaneEndpoint: https://me:a@{CANARY}@host:6443\n",
    "a / in a password": MINIMAL + f"controlPlaneEndpoint: https://me:a/{CANARY}@host:6443\n",
    "an example": MINIMAL + f"networking: {{dnsDomain: 'me:{CANARY}@host'}}\n",
    "repository": MINIMAL + f"imageRepository: {USER}/k8s\n",
    "endpoint": MINIMAL + f"controlPlaneEndpoint: {USER}:6443\n",
    "endpoint without a scheme": MINIMAL + f"controlPlaneEndpoint: me:{CANARY}@host:6443\n",
    "SAN": MINIMAL + f"apiServer: {{certSANs: ['{USER}']}}\n",
    "address": INIT.replace("192.0.2.10", USER) + CLUSTER,
    "node name": INIT.replace("cp-1", f"{LIKE_A_TOKEN}_") + CLUSTER,
    "socket": INIT.replace("cp-1", f"cp-1, criSocket: 'tcp://me:{CANARY}@host:1'") + CLUSTER,
    "key": _init(f"bootstrapTokens: [{{{LIKE_A_TOKEN}: x}}]\n"),
    "argument's name": MINIMAL + f"apiServer: {{extraArgs: [{{name: password={CANARY}, value: ''}}]}}\n",
    "another argument's name": MINIMAL + f"scheduler: {{extraArgs: [{{name: a={CANARY}, value: x}}]}}\n",
    "name in the old form": MINIMAL + f"scheduler: {{extraArgs: {{a-secret={CANARY}: x}}}}\n",
    "join": "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n"
    f"discovery: {{bootstrapToken: {{token: {LIKE_A_TOKEN}, apiServerEndpoint: '{USER}'}}}}\n",
}


@pytest.mark.parametrize("place", QUOTED)
@pytest.mark.parametrize("output", ["text", "json", "sarif"])
def test_quoted_values(kgen: Kgen, place: str, output: str) -> None:
    """A message that quotes a value leaves out what looks like a secret in it, and so does the path."""
    done = kgen("validate", "config.yaml", f"--output={output}", config=QUOTED[place])
    told = done.out + done.err
    assert done.code == 3 or "lint/" in told
    assert CANARY not in told


@pytest.mark.parametrize(
    "flags",
    [
        (f"--token=ABCDEF.{CANARY}",),
        (f"--token={CANARY}", "--token-ttl=soon"),
        (f"--certificate-key={CANARY}", "--upload-certs"),
        (f"--certificate-key={KEY}0",),
    ],
)
def test_flags(kgen: Kgen, flags: tuple[str, ...]) -> None:
    """The same for flags, alone and beside a file, where they are refused."""
    for where in (("--node-name=cp-1", "--apiserver-advertise-address=192.0.2.10"), ("config.yaml",)):
        done = kgen("render", *where, *flags, config=MINIMAL)
        assert done.code in (2, 3)
        assert CANARY not in done.err
        assert KEY not in done.err


def test_patches(kgen: Kgen) -> None:
    """A patch that cannot be read or applied is named; its content is not shown."""
    patches = kgen.directory / "patches"
    patches.mkdir()
    text = MINIMAL.replace("---", "patches: {directory: patches}\n---")
    for name, patch in {
        "etcd+json.yaml": f'[{{"op": "test", "path": "/spec/hostNetwork", "value": "{CANARY}"}}]',
        "kube-apiserver.yaml": f"spec: [{CANARY}",
        "kube-scheduler.yaml": f"spec: {{containers: {CANARY}}}",
    }.items():
        file = patches / name
        file.write_text(patch)
        done = kgen.render(text)
        file.unlink()
        assert done.code == 3
        assert name in done.err
        assert CANARY not in done.err


def test_material(kgen: Kgen) -> None:
    """Keys and kubeconfigs that cannot be used are named; nothing in them is shown."""
    kgen.render(MINIMAL, "-o", "old")
    pki = kgen.directory / "old/pki"
    key = (pki / "ca.key").read_text().splitlines()[1]
    for damaged in (f"{CANARY}\n{key}\n", (pki / "ca.key").read_text().replace(key[:20], CANARY + "aaaa")):
        (pki / "ca.key").write_text(damaged)
        done = kgen.render(MINIMAL, "--cert-dir=old/pki")
        assert done.code == 4
        assert CANARY not in done.err
        assert key[-20:] not in done.err


def test_index(kgen: Kgen) -> None:
    """kgen.json holds no secret, and says which files do."""
    done = kgen.render(PLACES["token"].replace("---", f"certificateKey: {KEY}\n---"), "--upload-certs")
    assert done.code == 0
    index = content(kgen.directory / "out")["kgen.json"].decode()
    assert CANARY not in index
    assert KEY not in index
