# SPDX-License-Identifier: Apache-2.0
"""YAML with the very bytes that Kubernetes writes, and Go's reading of a plain scalar.

kubeadm writes every object as `JSONToYAML(json.Marshal(object))`: the YAML serializer of apimachinery
(pkg/runtime/serializer/json/json.go, doEncode) for files, ConfigMap contents and the objects of a dry run alike
(cmd/kubeadm/app/util/marshal.go, cmd/kubeadm/app/util/apiclient/dryrun.go). JSONToYAML is sigs.k8s.io/yaml 1.6.0
on go.yaml.in/yaml/v2 2.4.2 to 2.4.4 (sorter.go, resolve.go, encode.go, emitterc.go), the same in 1.34 to 1.37.
tools/goyaml compares both directions with the real thing.
"""

from __future__ import annotations

from kgen.gyaml.scalars import UNREADABLE, Scalar, format_float32, json_number, resolve
from kgen.gyaml.writer import dump

__all__ = ["UNREADABLE", "Scalar", "dump", "format_float32", "json_number", "resolve"]
