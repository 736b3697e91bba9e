"""Landslip without QGIS: ``landslip detect --help``, and so on.

Its commands are the algorithms that need no QGIS, with their names and defaults, which
`tools/make_reference.py` writes down in ``resources/commands.json``.
"""
