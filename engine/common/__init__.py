"""What every room needs: errors, packages, files written whole, background work, safe zips and XML.

Imports nothing of the engine.
"""
