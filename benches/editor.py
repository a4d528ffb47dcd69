"""(j) The web editor in Chromium: how long frames take while a flow of 30 and one of 300 steps is moved about, zoomed
and edited, the longest task, and what is loaded.

Frames are those that the page gets (`requestAnimationFrame`); a key is answered with the frame after it. Without a
screen Chromium draws with the processor, so the ratio of the two flows says more than either.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from playwright.async_api import Page, async_playwright

from automations.api.editor import built_editor
from benches.flows import branching
from benches.lab import Lab, connected, new_account
from benches.processes import Quietness
from benches.report import Figure, percentiles
from benches.served import served, token_for

NAME = "j web editor"
SMALL, LARGE = 30, 300
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZE = {"width": 1440, "height": 900}
CARD = ".react-flow__node"
# A quick typist.
KEY_EVERY = 60
INSERTED = 5
INSERT = re.compile("^Insert a step between")
TYPED = "The quick brown fox jumps over the lazy dog"

# What a person does is judged by what the page could draw meanwhile.
WATCH = """() => {
  const seen = { frames: [], tasks: [], keys: [] };
  const note = (list) => seen.tasks.push(...list.getEntries().map((one) => one.duration));
  new PerformanceObserver(note).observe({ type: "longtask" });
  addEventListener("keydown", () => {
    const begun = performance.now();
    requestAnimationFrame(() => setTimeout(() => seen.keys.push(performance.now() - begun)));
  }, true);
  const look = (now) => { seen.frames.push(now); requestAnimationFrame(look); };
  requestAnimationFrame(look);
  window.seen = seen;
}"""
FORGET = "() => { window.seen.frames = []; window.seen.tasks = []; window.seen.keys = []; }"
# A place of the canvas with nothing on it.
EMPTY = """() => {
  const { left, top, width, height } = document.querySelector(".react-flow__pane").getBoundingClientRect();
  for (let y = top + 60; y < top + height - 60; y += 20)
    for (let x = left + 60; x < left + width - 60; x += 20)
      if (document.elementFromPoint(x, y)?.classList.contains("react-flow__pane")) return [x, y];
  throw new Error("no empty place");
}"""


@dataclass(frozen=True)
class Seen:
    """Milliseconds."""

    frames: list[float]
    longest_task: float
    keys: list[float]


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    directory = built_editor()
    if program is None or directory is None:
        raise RuntimeError("this bench needs Debian's chromium, and the editor (`make editor`)")
    dsn = await lab.database("bench_j")
    figures = _bundle(directory)
    async with connected(dsn) as connection:
        account = await new_account(connection)
        flows = {}
        for count in (SMALL, LARGE):
            nodes, edges = branching(count)
            flows[count] = await connection.fetchval(
                "insert into automations (agent_id, user_id, name, trigger_type, trigger_config, nodes, edges) "
                "values ($1, $2, 'Bench', 'event', $3, $4, $5) returning id",
                account.agent,
                account.id,
                json.dumps(nodes[0]["data"]["config"]),
                json.dumps(nodes),
                json.dumps(edges),
            )
        with served(dsn) as (pid, port):
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
                quietness = Quietness((lab.server.pid, pid))
                seen: dict[int, dict[str, Seen]] = {}
                opened: dict[int, list[float]] = {SMALL: [], LARGE: []}
                for count in (SMALL, LARGE) * (1 if quick else 3):
                    context = await browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
                    token = json.dumps(token_for(account.id))
                    await context.add_init_script(f"sessionStorage.setItem('automations.token', {token})")
                    page = await context.new_page()
                    opened[count].append(await _open(page, f"http://127.0.0.1:{port}/automations/{flows[count]}"))
                    seen[count] = await _use(page)
                    await context.close()
                others = quietness.others()
                await browser.close()
    figures += [_opening(count, opened[count], others) for count in opened]
    for what in seen[SMALL]:
        figures += _compare(what, seen[SMALL][what], seen[LARGE][what])
    return figures


async def _open(page: Page, address: str) -> float:
    await page.goto(address)
    await page.wait_for_selector(CARD)
    spent: float = await page.evaluate("performance.now()")
    await page.evaluate(WATCH)
    return spent


async def _use(page: Page) -> dict[str, Seen]:
    x, y = await page.evaluate(EMPTY)

    async def pan() -> None:
        await page.mouse.move(x, y)
        await page.mouse.down()
        for step in range(60):
            await page.mouse.move(x + 4 * step, y + 3 * step)
        await page.mouse.up()

    async def zoom() -> None:
        for step in range(40):
            await page.mouse.wheel(0, -80 if step < 20 else 80)

    async def drag() -> None:
        box = await page.locator(CARD).nth(1).bounding_box()
        assert box is not None
        from_x, from_y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await page.mouse.move(from_x, from_y)
        await page.mouse.down()
        for step in range(40):
            await page.mouse.move(from_x + 3 * step, from_y + step)
        await page.mouse.up()

    async def write() -> None:
        await page.locator("aside input[type=text], aside textarea").first.press_sequentially(TYPED, delay=KEY_EVERY)

    async def insert() -> None:
        for _ in range(INSERTED):
            await page.get_by_role("button", name=INSERT).first.click()
            await page.get_by_role("dialog").get_by_role("searchbox").fill("delay")
            await page.keyboard.press("Enter")

    async def undo() -> None:
        for _ in range(INSERTED):
            await page.keyboard.press("Control+z")

    seen = {"moved about": await _during(page, pan), "zoomed": await _during(page, zoom)}
    seen["a step is dragged"] = await _during(page, drag)
    await page.locator(CARD).nth(1).click()
    seen["words are written"] = await _during(page, write)
    seen["steps are inserted"] = await _during(page, insert)
    seen["they are taken back"] = await _during(page, undo)
    return seen


async def _during(page: Page, what: Callable[[], Awaitable[None]]) -> Seen:
    await page.evaluate(FORGET)
    await what()
    await page.wait_for_timeout(200)
    seen: dict[str, list[float]] = await page.evaluate("window.seen")
    frames = [later - sooner for sooner, later in pairwise(seen["frames"])]
    return Seen(frames, max(seen["tasks"], default=0.0), seen["keys"])


def _compare(what: str, small: Seen, large: Seen) -> list[Figure]:
    figures = []
    for count, seen in ((SMALL, small), (LARGE, large)):
        p50, p95, p99 = percentiles(seen.keys or seen.frames)
        unit = "a key until its frame" if seen.keys else "a frame"
        figures.append(Figure(NAME, f"{count} steps, {what}: {unit}, p50", p50, "ms", f"p95 {p95:.0f}, p99 {p99:.0f}"))
        figures.append(
            Figure(NAME, f"{count} steps, {what}: the longest task above 50 ms", seen.longest_task, "ms", "", "< 200")
        )
    sooner, later = (percentiles(one.keys or one.frames)[1] for one in (small, large))
    figures.append(Figure(NAME, f"{what}: p95 of {LARGE} steps : of {SMALL}", later / sooner, "x", "", "< 2"))
    return figures


def _opening(count: int, milliseconds: list[float], others: float) -> Figure:
    what = f"{count} steps: from the address to the first card"
    return Figure(
        NAME, what, median(milliseconds), "ms", f"{min(milliseconds):.0f} to {max(milliseconds):.0f}", others=others
    )


def _bundle(directory: Path) -> list[Figure]:
    scripts = [len(gzip.compress(path.read_bytes(), 9)) / 1_000 for path in (directory / "assets").glob("*.js")]
    return [
        Figure(NAME, f"all of its script, in {len(scripts)} files, gzip", sum(scripts), "kB"),
        Figure(NAME, "the largest file of it", max(scripts), "kB"),
    ]
