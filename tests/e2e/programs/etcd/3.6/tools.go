// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package tools names the programs that this module exists to build.
package tools

import (
	_ "go.etcd.io/etcd/etcdctl/v3"
	_ "go.etcd.io/etcd/server/v3"
)
