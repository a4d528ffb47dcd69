"""Code steps: what is refused when they are drawn, and what the real sandbox makes of programs, honest and hostile."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from automations.engine.outside import AccountSandbox
from automations.errors import StepError
from automations.flow.outcomes import Continue, Fail
from automations.flow.outside_ports import Program, ProgramResult
from automations.integrations.code_sandbox import CodeOff, CodeSandbox
from automations.nodes.transform_code import TransformCode, TransformCodeConfig
from automations.testing import run_node

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACCOUNT, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
async def sandbox() -> AsyncIterator[CodeSandbox]:
    made = CodeSandbox()
    yield made
    await made.close()


async def run(
    sandbox: CodeSandbox, source: str, seconds: float = 5, account: UUID = ACCOUNT, **inputs: Any
) -> ProgramResult:
    return await sandbox.run(account, Program(source, inputs, NOW, "seed", seconds))


async def value(sandbox: CodeSandbox, source: str, **inputs: Any) -> Any:
    return (await run(sandbox, source, **inputs)).value


async def refusal(sandbox: CodeSandbox, source: str, seconds: float = 5, **inputs: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        await run(sandbox, source, seconds, **inputs)
    return caught.value


async def test_a_step_runs_a_program(sandbox: CodeSandbox) -> None:
    config: Any = {
        "code": "total = sum([line['price'] for line in inputs['lines']])\nprint('sum', total)\n{'total': total}",
        "inputs": {"lines": [{"price": 2}, {"price": 0.5}]},
    }
    outcome = await run_node(TransformCode(), config, sandbox=AccountSandbox(sandbox, ACCOUNT))
    assert outcome == Continue({"result": {"total": 2.5}, "printed": "sum 2.5\n"})


async def test_results_are_json(sandbox: CodeSandbox) -> None:
    assert await value(sandbox, "return [(1, 2), None, 'é', {1: True}]") == [[1, 2], None, "é", {"1": True}]
    assert await value(sandbox, "x = 1") is None
    assert await value(sandbox, "async def f():\n    return 7\nawait f()") == 7
    assert await value(sandbox, "import json, re\njson.dumps({'a': re.sub('b', 'c', inputs['t'])})", t="abb") == (
        '{"a": "acc"}'
    )
    for source in ("{1, 2}", "class A:\n    pass\nA()", "2 ** 70", "b'x'"):
        assert ("no JSON value" in (await refusal(sandbox, source)).message) is True


async def test_the_clock_stands_and_chance_repeats(sandbox: CodeSandbox) -> None:
    source = "import datetime, random\n[datetime.datetime.now(datetime.timezone.utc).isoformat(), random.random()]"
    first, again = await value(sandbox, source), await value(sandbox, source)
    assert first == again
    assert first[0] == NOW.isoformat()


async def test_faults_of_the_program_name_the_line(sandbox: CodeSandbox) -> None:
    for source, text in (
        ("x = 1\ny = x['a']", "TypeError: 'int' object is not subscriptable, line 2"),
        ("1 / 0", "ZeroDivisionError: division by zero, line 1"),
        ("raise ValueError('no ' + inputs['n'])", "ValueError: no name, line 1"),
        ("nobody", "NameError: name 'nobody' is not defined, line 1"),
    ):
        error = await refusal(sandbox, source, n="name")
        assert (error.code, error.message, error.retryable) == ("code_error", text, False)


async def test_time_and_memory_are_limited(sandbox: CodeSandbox) -> None:
    for source in (
        "while True:\n    pass",
        "[i for i in range(10 ** 12) if i < 0]",
    ):
        error = await refusal(sandbox, source, 0.3)
        assert (error.code, "longer than 0.3 seconds" in error.message) == ("code_limit", True)
    for source in ("[0] * 10 ** 9", "'a' * 10 ** 9", "x = []\nwhile True:\n    x.append('a' * 1000)"):
        error = await refusal(sandbox, source)
        assert (error.code, "more than 64 MB" in error.message) == ("code_limit", True)
    assert (await refusal(sandbox, "def f():\n    return f()\nf()")).code == "code_error"
    assert (await refusal(sandbox, "'a' * 2_000_000")).code == "output_too_large"
    # Small in the sandbox, gigabytes once it is written out.
    for source in (
        "s = 'x' * 1_000_000\n[s] * 5_000",
        "a = ['x' * 1000]\nfor i in range(12):\n    a = [a, a, a, a]\na",
    ):
        error = await refusal(sandbox, source, 5)
        assert error.code in ("code_limit", "output_too_large", "code_error"), error.message
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_000_000
    printed = (await run(sandbox, "for i in range(100_000):\n    print('line', i)\n'done'")).printed
    assert (len(printed), printed[:14]) == (10_000, "line 0\nline 1\n")
    # And it still works.
    assert await value(sandbox, "1 + 1") == 2


HOSTILE = [
    "open('/etc/passwd').read()",
    "import os\nos.listdir('/')",
    "import os\nos.environ['PATH']",
    "import os\nos.system('true')",
    "import subprocess",
    "import socket",
    "import sys\nsys.modules['os']",
    "import ctypes",
    "import asyncio\nawait asyncio.create_subprocess_shell('true')",
    "().__class__.__base__.__subclasses__()",
    "eval('__import__(\"os\").environ')",
    "from pathlib import Path\nPath('/etc/passwd').read_text()",
    "from pathlib import Path\nPath('{marker}').write_text('x')",
    "(lambda: 0).__globals__['__builtins__']",
    "''.__class__.__mro__[1].__subclasses__()",
    "(x for x in [1]).gi_frame.f_globals",
    "__builtins__['open']('/etc/passwd')",
    "import importlib\nimportlib.import_module('os')",
]


@pytest.mark.parametrize("source", HOSTILE)
async def test_nothing_outside_can_be_reached(sandbox: CodeSandbox, tmp_path: Path, source: str) -> None:
    marker = tmp_path / "marker"
    error = await refusal(sandbox, source.replace("{marker}", str(marker)))
    assert error.code == "code_error"
    assert not marker.exists()
    assert os.environ["PATH"] not in error.message


async def test_programs_share_nothing(sandbox: CodeSandbox) -> None:
    await run(sandbox, "kept = 'theirs'")
    assert (await refusal(sandbox, "kept")).message.startswith("NameError")
    assert await asyncio.gather(*(value(sandbox, "inputs['n'] * 2", n=n) for n in range(30))) == [
        n * 2 for n in range(30)
    ]


async def test_a_busy_program_does_not_stop_the_loop(sandbox: CodeSandbox) -> None:
    busy = asyncio.create_task(refusal(sandbox, "while True:\n    pass", 1.0))
    turns = 0
    while not busy.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 20
    assert (await busy).code == "code_limit"


async def test_one_account_leaves_a_place_to_others(sandbox: CodeSandbox) -> None:
    busy = [asyncio.create_task(refusal(sandbox, "while True:\n    pass", 3)) for _ in range(4)]
    await asyncio.sleep(0.5)
    for n in range(3):
        assert (await run(sandbox, "inputs['n']", account=OTHER, n=n)).value == n
    assert not any(task.done() for task in busy[1:])
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert (await run(sandbox, "1")).value == 1


async def test_a_killed_process_is_replaced(sandbox: CodeSandbox) -> None:
    assert await value(sandbox, "1") == 1
    task = asyncio.create_task(run(sandbox, "while True:\n    pass", 20))
    await asyncio.sleep(0.3)
    for pid in children():
        os.kill(pid, 9)
    with pytest.raises(StepError) as caught:
        await task
    # The process that hands the program over, or the one in which it computes: whichever was seen to end first.
    assert caught.value.code in ("code_limit", "code_crashed")
    await asyncio.sleep(0.3)
    assert await value(sandbox, "2") == 2


def children() -> list[int]:
    """Whichever of our threads started them."""
    found = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in found if b"code_child" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def test_switched_off() -> None:
    outcome = await run_node(TransformCode(), {"code": "1"}, sandbox=AccountSandbox(CodeOff(), ACCOUNT))
    assert isinstance(outcome, Fail)
    assert outcome.code == "code_off"
    assert TransformCode().needs({}) == ("code",)


def test_what_cannot_be_python_is_told_when_it_is_drawn() -> None:
    def problems(code: str) -> Any:
        return TransformCode().check(TransformCodeConfig(code=code))

    for good in ("1", "return 1", "x = '''\na\n'''\nx", "await f()", "if True:\n    pass", "# nothing", "f'{x['a']}'"):
        assert problems(good) == []
    assert problems("x = 1\ny = (") == [("code", "cannot be read as Python: '(' was never closed, line 2")]
    assert problems("(" * 5_000)[0][1].startswith("cannot be read as Python")
