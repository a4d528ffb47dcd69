"""Test flows and node types without a database or a network: a fake clock, in-memory ports, one step
or a whole flow in one call."""

from automations.testing.clock import FakeClock
from automations.testing.flow_run import FlowRun, run_flow
from automations.testing.memory_approvals import MemoryApprovals
from automations.testing.memory_http import MemoryHttp, answer
from automations.testing.memory_mail import MemoryMail
from automations.testing.memory_models import MemoryModels
from automations.testing.memory_records import MemoryRecords, Write
from automations.testing.memory_runs import MemoryRuns, Start
from automations.testing.memory_sandbox import MemorySandbox
from automations.testing.step_context import StepContext, run_node

__all__ = [
    "FakeClock",
    "FlowRun",
    "MemoryApprovals",
    "MemoryHttp",
    "MemoryMail",
    "MemoryModels",
    "MemoryRecords",
    "MemoryRuns",
    "MemorySandbox",
    "Start",
    "StepContext",
    "Write",
    "answer",
    "run_flow",
    "run_node",
]
