# SPDX-License-Identifier: Apache-2.0
"""python -m kgen_apply"""

from kgen_apply.cli import main

main()
