# SPDX-License-Identifier: Apache-2.0
"""Where rendered trees go: the only code of the generator that writes to disk."""
