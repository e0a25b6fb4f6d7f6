# SPDX-License-Identifier: Apache-2.0
"""Configuration in: text to documents, schemas, rules, defaults. Pure; problems are values, all at once."""
