"""Where a notebook's kernel comes from: Jupyter's own manager, with a provisioner that forks loaded ones."""

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
    """Be a Jupyter kernel, in the forked process."""
    os.setsid()
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher", *arguments]
    from ipykernel.kernelapp import IPKernelApp

    threading.Thread(target=_end_with_the_run, daemon=True).start()
    IPKernelApp.launch_instance(parent_handle=os.getppid())


def _end_with_the_run() -> None:
    """Be gone when the command is, however that ended; the fork server waits for the last of its kernels."""
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
    """Forks the kernel's process where `loaded_kernels` is in force, and starts one else."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        if not loading():
            info = await super().launch_kernel(cmd, **kwargs)
            remember_kernel(self.pid)
            return info
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.cwd = str(kwargs.get("cwd", Path.cwd()))
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
    """Jupyter's own manager, but for where its kernel comes from."""

    async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
        self.kernel_id = self.kernel_id or str(uuid.uuid4())
        self.provisioner = _Provisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        return await super()._async_pre_start_kernel(**kwargs)
