"""Test flows and node types without a database or a network: a fake clock, in-memory ports, one step in one call."""

from automations.testing.clock import FakeClock
from automations.testing.memory_http import MemoryHttp, answer
from automations.testing.memory_records import MemoryRecords, Write
from automations.testing.step_context import StepContext, run_node

__all__ = ["FakeClock", "MemoryHttp", "MemoryRecords", "StepContext", "Write", "answer", "run_node"]
