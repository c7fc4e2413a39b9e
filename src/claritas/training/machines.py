"""One process or many: what `torchrun`, Slurm or neither started.

Weights, gradients, optimisers and average lie in each process whole ("ddp"),
or each holds a part of all of them and they are gathered for a step ("fsdp",
torch's `fully_shard` over the whole net).
"""

from __future__ import annotations

import atexit
import os
import shutil
from collections.abc import Callable
from typing import cast

import torch
import torch.distributed
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from lightning_fabric.strategies.model_parallel import ModelParallelStrategy
from lightning_fabric.strategies.strategy import Strategy
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard

from claritas.errors import UsageError
from claritas.training.config import Config
from claritas.training.schedules import batches_of


def native_precision() -> str:
    """Fabric's name of the fastest precision that this machine has natively."""
    if torch.cuda.is_available():
        return "bf16-mixed"
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native else "32-true"


def processes_here() -> tuple[int, int]:
    """Processes on this node and the number of nodes, as the launcher tells them."""
    environment = os.environ
    if "LOCAL_WORLD_SIZE" in environment:  # torchrun
        here = int(environment["LOCAL_WORLD_SIZE"])
        return here, int(environment["WORLD_SIZE"]) // here
    if "SLURM_STEP_NUM_TASKS" in environment:  # srun
        nodes = int(environment.get("SLURM_STEP_NUM_NODES", "1"))
        return int(environment["SLURM_STEP_NUM_TASKS"]) // nodes, nodes
    return 1, 1


def launch(config: Config, precision: str | None = None) -> Fabric:
    """This process among its fellows, with the link to them set up.

    Raises
    ------
    UsageError
        If a batch of the schedule cannot be divided evenly.
    """
    here, nodes = processes_here()
    many = here * nodes > 1
    for batch in batches_of(config.schedule):
        if batch % (here * nodes):
            raise UsageError(
                f"A batch of {batch} cannot be divided among {here * nodes} processes evenly",
                "a multiple of the number of processes",
            )
    fabric = Fabric(
        accelerator="auto",
        devices=here,
        num_nodes=nodes,
        strategy=_strategy(config, here * nodes) if many else "auto",
        precision=precision or native_precision(),  # type: ignore[arg-type]
    )
    if many:
        fabric.launch()
        atexit.register(_leave)
    return fabric


def _leave() -> None:
    """Join the threads of the link; a process that ends with them running is aborted."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _strategy(config: Config, processes: int) -> Strategy:
    if config.machines.strategy == "fsdp":
        return ModelParallelStrategy(_divided, data_parallel_size=processes, tensor_parallel_size=1)
    # A net of several factors has weights that a step does not use. Buffers are
    # constants, or statistics of which the first process's are kept.
    return DDPStrategy(find_unused_parameters=True, broadcast_buffers=False)


def _divided(module: nn.Module, mesh: DeviceMesh) -> nn.Module:
    fully_shard(module, mesh=mesh["data_parallel"])
    return module


def compiled(module: nn.Module) -> nn.Module:
    """The same module, whose steps torch translates to code of this machine.

    Raises
    ------
    UsageError
        If the processor is to compute and there is no C++ compiler.
    """
    compiler = os.environ.get("CXX", "g++")
    if not torch.cuda.is_available() and not shutil.which(compiler):
        raise UsageError(
            f"machines.compile needs a C++ compiler, and there is no {compiler}",
            remedy="install one, name it in the variable CXX, or set machines.compile=false.",
        )
    return cast(nn.Module, torch.compile(module))


def is_divided(fabric: Fabric) -> bool:
    """Whether each process holds a part of the weights only."""
    return isinstance(fabric.strategy, ModelParallelStrategy)


def spread(fabric: Fabric, module: nn.Module) -> nn.Module:
    """A module that takes no gradient, held as the net itself is."""
    if isinstance(fabric.strategy, ModelParallelStrategy):
        return _divided(module.to(fabric.device), fabric.strategy.device_mesh)
    return module.to(fabric.device)


def share_gradients(fabric: Fabric, module: nn.Module) -> None:
    """The mean of all processes' gradients, for a module that Fabric does not wrap."""
    if fabric.world_size == 1:
        return
    for parameter in module.parameters():
        if parameter.grad is not None:
            parameter.grad.copy_(fabric.all_reduce(parameter.grad, reduce_op="mean"))  # type: ignore[arg-type]


def quiet_elsewhere(fabric: Fabric, report: Callable[[str], None]) -> Callable[[str], None]:
    """Only the first process says anything."""
    return report if fabric.is_global_zero else lambda _: None
