"""Check what a QGIS has and lacks for Landslip, and install what is missing into its profile.

In: the running Python and the profile's folder. Out: states of packages and devices, a report, and
packages in ``<profile>/python``. Imports nothing heavier than numpy until it measures;
commands are run by a callable that the caller hands in.
"""
