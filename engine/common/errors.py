"""Every error a user can cause. A message says what was found, what was expected, what to do."""


class LandslipError(Exception):
    """Base of all errors whose message is meant for the user."""


class RasterError(LandslipError):
    """A raster cannot be read, or has no usable grid."""


class ProductError(LandslipError):
    """A satellite product is damaged, hostile, incomplete, or does not fit the others."""


class CatalogueError(LandslipError):
    """A catalogue of scenes, or what it points to, does not answer as it should."""


class BandError(LandslipError):
    """A band is missing, named twice, or cannot be told from the others."""


class ScaleError(LandslipError):
    """Pixel values are not in the physical units that a stack promises."""


class ModelError(LandslipError):
    """A model file is broken, has no valid card, or does not fit the stack."""


class DeviceMemoryError(ModelError):
    """A batch does not fit into the memory of the device."""


class DeviceError(LandslipError):
    """The requested accelerator is not there."""


class ClusterError(LandslipError):
    """The machines that should share the work are not there, or do not get on."""


class SchedulerError(ClusterError):
    """No scheduler answers: no other scene would fare better."""


class DependencyError(LandslipError):
    """A Python package that the job needs is not installed, or will not do.

    Attributes:
        package: What to give to pip.
        reason: What is wrong with what is there.
        outdated: Whether it works, but is too old.
    """

    def __init__(self, package: str, reason: str, outdated: bool = False) -> None:
        super().__init__(
            f"Landslip needs the Python package {package}, which could not be used ({reason}). In "
            "QGIS, run 'Check and set up' (landslip:setup) from the Toolbox with 'Install what is "
            f"missing' ticked; elsewhere, install it with pip: {package}."
        )
        self.package, self.reason, self.outdated = package, reason, outdated


class PyTorchError(DependencyError):
    """PyTorch, which only training needs, is not there or will not do."""

    def __init__(self, reason: str) -> None:
        LandslipError.__init__(
            self,
            f"This trains a network, and needs PyTorch 2.4 or newer, which could not be used "
            f"({reason}). Which build is right depends on the machine, so Landslip does not "
            "install it: follow https://pytorch.org/get-started with the Python of your QGIS "
            "('Check and set up' says which), or train on another machine with the command "
            "'landslip'. The method 'quick' needs none.",
        )
        self.package, self.reason, self.outdated = "torch", reason, False


class SetUpError(LandslipError):
    """Packages cannot be installed here."""


class ParameterError(LandslipError):
    """A setting is outside of what makes sense."""


class OutputError(LandslipError):
    """A result cannot be written."""


def file_problem(err: OSError) -> str:
    """What is wrong with a file that has no sentence of its own, such as a temporary one."""
    return (
        f"{err.filename or 'A file'} cannot be read or written ({err.strerror or err}). Check its "
        "path, the rights and the disk."
    )


class Cancelled(LandslipError):  # noqa: N818 - the user's wish, not a fault
    """The user stopped the run."""
