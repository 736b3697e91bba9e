"""The whole job in one call: from a stack or a download to probability and landslides.

Imports all rooms before it.
"""
