"""The review panel: one outline after the other, decided with one key. Needs QGIS with a window.

Order, keys, progress and growing are plain Python (`queue`, `keys`, `session`, `shapes`); what is
written goes through `review_layer`; `panel` shows it. Processing does without all of it.
"""
