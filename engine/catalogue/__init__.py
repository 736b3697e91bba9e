"""Catalogues of scenes: what there is of a place around a date, ranked, and fetched as a stack.

In: a place, a date, a catalogue (STAC). Out: a table of footprints; a stack. Imports the rooms up
to `preparation`. Whoever calls brings the carrier that speaks to the network.
"""
