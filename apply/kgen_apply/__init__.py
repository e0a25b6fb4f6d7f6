# SPDX-License-Identifier: Apache-2.0
"""Puts a rendered tree on real machines. It reads the tree through kgen.json and knows nothing of the renderer.

cli        options in, exit code out
apply      what is done in which order
tree       kgen.json and the files it names, checked
hosts      which machines, and how they are reached
ssh        one shell on a machine, over the user's own OpenSSH
facts      what a machine says about itself
preflight  whether it may be written to
plan       tree + facts -> what would change; pure
files      stage, check, back up, rename
services   the kubelet, restarts, logs
api        the API server: credentials, retries
objects    what would change there, and applying it
node       labels and taints of a node
finalize   the kubelet's rotating certificate
reset      what kubeadm reset does
report     text and JSON
"""
