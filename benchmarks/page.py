"""The page of a dry run of many steps × many groups: its size, the time to write it, and to open it in a browser."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks.material import START, campaign
from benchmarks.measure import Measure, Section, seconds

_OPENED = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
    () => done(performance.now()))))"""
"""Milliseconds from the start of the navigation until the page has been painted and answers."""


def run(turns: int = 5, steps: int = 600, groups: int = 200) -> Section:
    from sopengine.messages.renderer import Renderer
    from sopengine.review.collect import dry_run
    from sopengine.review.html.page import page
    from sopengine.review.model import View
    from sopengine.review.preview import Preview

    made, document, bundle = campaign(steps, groups)
    with Renderer() as renderer:
        plan = dry_run(Preview(made, document, {}, START), renderer, hash=bundle.pack()[0])
    written = [seconds(lambda: page(plan, View(), lang="zh")) for _ in range(turns + 1)][1:]
    data = page(plan, View(), lang="zh").encode()
    measures = [
        Measure("size", "MB", [len(data) / 1_000_000], target="< 5"),
        Measure("write from the finished plan", "s", written),
    ]
    for name, script in (("open", True), ("open without script", False)):
        if opened := _opened(data, turns, script):
            measures.append(Measure(f"{name}, 1,440 px", "s", opened, target="< 2"))
    return Section(
        "Page of a dry run",
        f"{steps} steps × {groups} groups, every text another for each group; opened from a file in headless Chromium "
        f"{turns} times after a warm-up, from the start of the navigation to the second frame after loading.",
        measures,
    )


def _opened(data: bytes, turns: int, script: bool) -> list[float]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return []
    from playwright.sync_api import sync_playwright

    found = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "plan.html"
        file.write_bytes(data)
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for turn in range(-1, turns):
            context = browser.new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=script)
            tab = context.new_page()
            if script:
                tab.goto(file.as_uri())
                took = float(tab.evaluate(_OPENED)) / 1000
            else:
                took = seconds(lambda tab=tab: tab.goto(file.as_uri()) and tab.screenshot())
            found += [took] if turn >= 0 else []
            context.close()
        browser.close()
    return found
