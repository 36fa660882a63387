"""The kernel of one notebook: forked from a process that has its packages loaded, or started anew."""

import os
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from multiprocessing import parent_process
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from goldmine.pipeline.preloaded_kernels import EARLY, loading
from goldmine.pipeline.stop import forget_kernel, remember_kernel


def _become_kernel(arguments: Sequence[str], variables: Mapping[str, str], folder: str) -> None:
    """Turn the forked process into a Jupyter kernel."""
    os.setsid()
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher", *arguments]
    from ipykernel.kernelapp import IPKernelApp

    threading.Thread(target=_end_with_the_run, daemon=True).start()
    IPKernelApp.launch_instance(parent_handle=os.getppid())


def _end_with_the_run() -> None:
    """End the kernel when the command ends, however that ends; the fork server waits for the last of its kernels."""
    run = parent_process()
    if run is not None:
        run.join()
        os._exit(1)


class _Forked:
    """A forked process with the parts of `subprocess.Popen` that Jupyter asks of a kernel's process."""

    stdin = stdout = stderr = None

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self.pid = process.pid
        self.kill = process.kill
        self.terminate = process.terminate

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.pid is not None and self.poll() is None:
            os.kill(self.pid, number)


class _Provisioner(LocalProvisioner):
    """Forks the kernel's process while `loaded_kernels` is in force; otherwise starts a new process."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        if not loading():
            info = await super().launch_kernel(cmd, **kwargs)
            remember_kernel(self.pid)
            return info
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.cwd = kwargs["cwd"]
        process = ForkServerProcess(
            target=_become_kernel, args=(arguments, {**kwargs["env"], **EARLY}, self.cwd), daemon=True
        )
        process.start()
        self.process, self.pid = _Forked(process), process.pid  # type: ignore[assignment]  # it has the parts that count
        remember_kernel(self.pid)
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        forget_kernel(self.pid)
        await super().cleanup(restart)


class KernelManager(AsyncKernelManager):
    """Jupyter's kernel manager with our provisioner; see `kernel_manager`."""

    folder: Path
    variables: Mapping[str, str]

    async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
        self.kernel_id = self.kernel_id or str(uuid.uuid4())
        self.provisioner = _Provisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        kwargs |= {"cwd": str(self.folder), "env": {**os.environ, **self.variables}}
        return await super()._async_pre_start_kernel(**kwargs)


def kernel_manager(folder: Path, variables: Mapping[str, str]) -> type[KernelManager]:
    """The kernel manager of one notebook.

    The process itself, whose folder and environment several notebooks share, stays as it is.

    Parameters
    ----------
    folder : Path
        Where the kernel works.
    variables : mapping of str to str
        Environment variables of the kernel, besides those of this process.
    """
    return type("KernelManager", (KernelManager,), {"folder": folder, "variables": dict(variables)})
