"""Inventories as tables: fields, polygons, updates, reviews, and the schemas to hand them in.

In: records of other rooms, or of any layer. Out: tables, checked or in another schema. Imports
`common`.
"""
