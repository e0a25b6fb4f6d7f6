# SPDX-License-Identifier: Apache-2.0
"""`python -m kgen`"""

from kgen.cli import main

main()
