# SPDX-License-Identifier: Apache-2.0
"""Compare kgen.patches with the Go libraries that kubeadm patches with.

    PYTHONPATH=generator python tools/gopatch/compare_patches.py [cases] [seed]

Checks that generator/kgen/patches/types.json is what the Go types say, that tests/data/patches.json
is what Go answers, and that as many random cases give the same result. Needs Go. Cases in which Go
panics are not counted. Not made: what depends on the order of a Go map, lists in the place of numbers
(Go accepts them only where the field is a pointer) and JSON tests for null (a copied null is not equal to
null in Go).
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from kgen.patches import Patch, PatchError, apply

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAMES = ("a", "b", "c", "d")
KEYS = {"containers": "name", "initContainers": "name", "volumes": "name", "imagePullSecrets": "name", "env": "name"}
KEYS |= {"ports": "containerPort", "volumeMounts": "mountPath", "hostAliases": "ip"}


class Maker:
    """Random documents and patches for them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - cases, not secrets

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some(self) -> list[str]:
        return self.random.sample(NAMES, self.random.randrange(4))

    def part(self, **fields: Any) -> dict[str, Any]:
        """A random part of the fields."""
        return {name: value for name, value in fields.items() if self.chance(0.6)}

    def container(self, name: str) -> dict[str, Any]:
        port: Any = self.random.choice([1, "p"])
        return {"name": name} | self.part(
            image=self.random.choice(NAMES),
            command=self.some(),
            env=[
                {"name": key} | self.part(value="1", valueFrom={"fieldRef": {"fieldPath": "x"}}) for key in self.some()
            ],
            ports=[{"containerPort": ord(key)} | self.part(name=key) for key in self.some()],
            volumeMounts=[{"mountPath": key} | self.part(name=key, readOnly=True) for key in self.some()],
            resources={"requests": {"cpu": "1"}},
            livenessProbe={"httpGet": {"path": "/", "port": port}, "failureThreshold": 8},
        )

    def pod(self) -> dict[str, Any]:
        spec = self.part(
            containers=[self.container(name) for name in self.some()],
            initContainers=[self.container(name) for name in self.some()],
            volumes=[{"name": name} | self.part(emptyDir={}, hostPath={"path": "/"}) for name in self.some()],
            tolerations=[{"key": name} for name in self.some()],
            imagePullSecrets=[{"name": name} for name in self.some()],
            hostAliases=[{"ip": name, "hostnames": self.some()} for name in self.some()],
            securityContext={"seccompProfile": {"type": "RuntimeDefault"}},
            nodeSelector=dict.fromkeys(self.some(), "x"),
            priority=1,
        )
        metadata = self.part(labels=dict.fromkeys(self.some(), "x"), finalizers=self.some())
        return {"metadata": metadata, "spec": spec}

    def document(self, target: str) -> dict[str, Any]:
        if target == "kubeletconfiguration":
            return self.part(
                maxPods=1,
                clusterDNS=self.some(),
                evictionHard=dict.fromkeys(self.some(), "1"),
                authentication={"x509": {"clientCAFile": "/"}, "anonymous": {"enabled": False}},
            )
        if target == "corednsdeployment":
            return {"spec": self.part(replicas=2, strategy={"type": "x", "rollingUpdate": {}}, template=self.pod())}
        return self.pod()

    def changed(self, value: Any, directives: bool) -> Any:
        """A patch in the shape of a value: fields are missing, null or others, and directives stand in it."""
        if isinstance(value, list):
            items = [self.changed(item, directives) for item in value]
            self.random.shuffle(items)
            return items
        if not isinstance(value, dict):
            return self.random.choice([value, value, "n", 7, True])
        patch: dict[str, Any] = {}
        for name, item in value.items():
            if name not in KEYS.values() and self.chance(0.4):
                if self.chance(0.3):
                    other = [[], [{"q": None}]] if isinstance(item, list) else [{}, {"q": None}]
                    patch[name] = self.random.choice([None, 1, "s", *(other if isinstance(item, list | dict) else [])])
                continue
            patch[name] = item if name in KEYS.values() else self.changed(item, directives)
            if directives and isinstance(item, list) and self.chance(0.3):
                self.direct(patch, name, item)
        if directives and self.chance(0.05):
            patch["$patch"] = self.random.choice(["replace", "delete", "merge"])
        if directives and self.chance(0.05):
            patch["$retainKeys"] = self.random.choice([list(patch), list(patch)[1:], "x"])
        return patch

    def direct(self, patch: dict[str, Any], name: str, items: list[Any]) -> None:
        """Add a directive for a list to a patch."""
        key = KEYS.get(name, "key")
        if self.chance(0.4):
            order = [{key: item.get(key)} if isinstance(item, dict) else item for item in items]
            self.random.shuffle(order)
            patch[f"$setElementOrder/{name}"] = order
        elif key in KEYS.values() and isinstance(patch[name], list):
            item = {key: self.random.choice(NAMES), "$patch": self.random.choice(["delete", "delete", "replace"])}
            patch[name].append(item)
        else:
            del patch[name]
            patch[f"$deleteFromPrimitiveList/{name}"] = self.some()

    def pointer(self, value: Any) -> tuple[str, Any]:
        """A place in or near a document, and what stands there."""
        path = ""
        while isinstance(value, dict | list) and value and not (path and self.chance(0.2)):
            key: Any = self.random.choice(list(value) if isinstance(value, dict) else range(len(value)))
            path, value = f"{path}/{key}", value[key]
        if self.chance(0.2):
            path += "/" + self.random.choice(["-", "0", "9", "-1", "+1", "x"])
        return path, value

    def operations(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        operations = []
        for _ in range(self.random.randrange(1, 4)):
            path, value = self.pointer(document)
            operation = {"op": self.random.choice(["add", "remove", "replace", "move", "copy", "test"]), "path": path}
            operation |= {"from": self.pointer(document)[0]}
            operation |= {"value": self.random.choice([value, value, None, 1, True, {"q": 1}, ["q"]])}
            if operation["op"] != "test" or operation["value"] is not None:
                operations.append(operation)
        return operations

    def case(self) -> dict[str, Any]:
        target = self.random.choice(["etcd", "etcd", "corednsdeployment", "kubeletconfiguration"])
        document = self.document(target)
        patches: list[dict[str, Any]] = []
        for kind in self.random.choices(["strategic", "strategic", "merge", "json"], k=self.random.choice([1, 1, 2])):
            base = document if self.chance(0.5) else self.document(target)
            content = self.operations(document) if kind == "json" else self.changed(base, kind == "strategic")
            patches.append({"type": kind, "content": content})
        return {"target": target, "document": document, "patches": patches}


def answer(case: dict[str, Any]) -> Any:
    """What kgen makes of a case; None if it refuses."""
    patches = [Patch(case["target"], patch["type"], patch["content"], "patch") for patch in case["patches"]]
    try:
        return apply(case["target"], case["document"], patches)
    except PatchError:
        return None


def go(*arguments: str, text: str = "") -> str:
    """The output of the Go program."""
    command = ["go", "run", ".", *arguments]
    return subprocess.run(command, cwd=HERE, input=text, capture_output=True, text=True, check=True).stdout


def main() -> int:
    """Print every difference; 1 if there is any."""
    arguments = [int(text) for text in sys.argv[1:]]
    count, seed = arguments[0] if arguments else 2000, arguments[1] if len(arguments) > 1 else 1
    maker = Maker(seed)
    recorded = json.loads((ROOT / "tests/data/patches.json").read_text())
    cases = [*recorded, *(maker.case() for _ in range(count))]
    differences = 0
    if go("types") != (ROOT / "generator/kgen/patches/types.json").read_text():
        differences += 1
        print("types.json differs from `go run . types`")
    answers = map(json.loads, go("apply", text="".join(json.dumps(case) + "\n" for case in cases)).splitlines())
    for case, theirs in zip(cases, answers, strict=True):
        ours, result = answer(case), theirs.get("result")
        if isinstance(result, list):  # which kubeadm cannot use, and kgen refuses
            result = None
        panicked = theirs.get("error", "").startswith("panic")
        stale = case in recorded and case.get("result") != result
        if not panicked and (stale or json.dumps(ours, sort_keys=True) != json.dumps(result, sort_keys=True)):
            differences += 1
            print(json.dumps({"case": case, "go": theirs, "kgen": ours}))
    print(f"{len(cases)} cases, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
