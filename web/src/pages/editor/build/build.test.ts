import { describe, expect, it } from "vitest";

import { meaningOf, NOTHING_HELD } from "@/pages/editor/canvas/changes";
import { firstView, showsAny } from "@/pages/editor/canvas/firstSight";
import { leftOfHandle, plusOf, wayOf } from "@/pages/editor/canvas/lineSpots";
import { createReuse } from "@/pages/editor/canvas/reuse";
import { beside, PICKER } from "./pickerPlace";
import { lookAt, shiftInto, shiftIntoView } from "./shift";
import { commandOf, type Key } from "./shortcuts";

const press = (key: string, held: Partial<Key> = {}) => commandOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held });

describe("keys", () => {
  it("go back and forth", () => {
    expect(press("z", { ctrlKey: true })).toEqual({ kind: "undo" });
    expect(press("Z", { metaKey: true, shiftKey: true })).toEqual({ kind: "redo" });
    expect(press("y", { ctrlKey: true })).toEqual({ kind: "redo" });
  });

  it("move the focus, and with Alt the step", () => {
    expect(press("ArrowDown")).toEqual({ kind: "go", direction: "down" });
    expect(press("ArrowLeft", { altKey: true })).toEqual({ kind: "nudge", direction: "left" });
    expect(press("ArrowDown", { ctrlKey: true })).toBeNull();
  });

  it("of the browser stay the browser's", () => {
    expect(press("r", { ctrlKey: true })).toBeNull();
    expect(press("z")).toBeNull();
    expect(press("c", { ctrlKey: true })).toBeNull();
  });
});

describe("the picker", () => {
  const room = { width: 1_000, height: 800 };

  it("stands below what it was opened from", () => {
    expect(beside({ x: 500, y: 100 }, room)).toEqual({ left: 340, top: 110 });
  });

  it("is always whole", () => {
    expect(beside({ x: 20, y: 700 }, room)).toEqual({ left: 76, top: 800 - PICKER.height - 10 });
    expect(beside({ x: 990, y: 300 }, { width: 1_000, height: 500 })).toEqual({ left: 990 - 56 - PICKER.width, top: 70 });
  });
});

it("the plus of a line keeps clear of the name of the way", () => {
  const line = { sourceX: 0, sourceY: 0, targetX: 0, targetY: 60, sourcePosition: "bottom" };
  expect(wayOf(line)).toEqual({ x: 0, y: 9 });
  expect([25, 50, 75, null].map(leftOfHandle)).toEqual([85, 50, 15, 50]);
  expect(plusOf(line, { x: 0, y: 30 }, true)).toEqual({ x: 0, y: 36 });
  expect(plusOf({ ...line, targetX: 200 }, { x: 100, y: 30 }, true)).toEqual({ x: 100, y: 30 });
});

it("what is the same stays the same object", () => {
  const reuse = createReuse<{ id: string; title: string }>();
  const [a, b] = reuse([{ id: "a", title: "A" }, { id: "b", title: "B" }]);
  const next = reuse([{ id: "b", title: "Bee" }, { id: "a", title: "A" }]);
  expect(next[1]).toBe(a);
  expect(next[0]).not.toBe(b);
});

it("what is out of sight comes into it, its beginning first", () => {
  expect(shiftInto({ from: 20, to: 80 }, 10, 100)).toBe(0);
  expect(shiftInto({ from: -20, to: 40 }, 10, 100)).toBe(30);
  expect(shiftInto({ from: 60, to: 120 }, 10, 100)).toBe(-20);
  expect(shiftInto({ from: 60, to: 300 }, 10, 100)).toBe(-50);
});

it("of what would be good to see, as much as there is room for", () => {
  const box = (x: number, y: number) => ({ across: { from: x, to: x + 100 }, down: { from: y, to: y + 50 } });
  const wanted = [[box(0, 0), box(0, 200), box(300, 200)], [box(0, 0), box(300, 200)], [box(300, 200)]];
  const room = (width: number, height: number) => ({ across: { from: 10, to: 10 + width }, down: { from: 20, to: 20 + height }, corner: null });
  expect(shiftIntoView(wanted, room(400, 250))).toEqual({ x: 10, y: 20 });
  expect(shiftIntoView(wanted, room(200, 100))).toEqual({ x: -190, y: -130 });
  expect(shiftIntoView([[]], room(9, 9))).toBeNull();
});

it("becomes smaller where that makes room, but never too small to be read", () => {
  const box = (x: number, y: number) => ({ across: { from: x, to: x + 100 }, down: { from: y, to: y + 50 } });
  const room = { across: { from: 0, to: 320 }, down: { from: 0, to: 300 }, corner: null };
  const [all, two] = [[box(0, 0), box(0, 200), box(300, 200)], [box(0, 200), box(300, 200)]];
  expect(lookAt([all], room, 1)).toEqual({ by: 0.8, x: 0, y: 0 });
  // As small already: what is needed most, as large as it is.
  expect(lookAt([all, [box(300, 200)]], room, 0.7)).toEqual({ by: 1, x: -80, y: 0 });
  expect(lookAt([[box(0, 0), box(0, 1_000)], two], room, 1)).toEqual({ by: 0.8, x: 0, y: 0 });
  expect(lookAt([[box(0, 0)]], room, 1)).toEqual({ by: 1, x: 0, y: 0 });
  expect(lookAt([[]], room, 1)).toBeNull();
});

it("comes into sight beside what lies over a corner", () => {
  const box = (x: number, y: number) => ({ across: { from: x, to: x + 100 }, down: { from: y, to: y + 50 } });
  const room = { across: { from: 0, to: 400 }, down: { from: 0, to: 300 }, corner: { x: 250, y: 200 } };
  expect(shiftIntoView([[box(100, 240)]], room)).toEqual({ x: 0, y: 0 });
  expect(shiftIntoView([[box(200, 240)]], room)).toEqual({ x: 0, y: -90 });
  expect(shiftIntoView([[box(500, 0)]], room)).toEqual({ x: -200, y: 0 });
});

describe("what is dragged", () => {
  const moved = (dragging: boolean) => ({ type: "position" as const, id: "a", position: { x: 4, y: 8 }, dragging });

  it("is held until it is let go", () => {
    const during = meaningOf([moved(true)], new Set(), NOTHING_HELD);
    expect(during).toMatchObject({ selection: null, isDone: false });
    expect(meaningOf([moved(false)], new Set(), during.held)).toMatchObject({ isDone: true, held: { places: new Map([["a", { x: 4, y: 8 }]]) } });
  });

  it("is not what React Flow has only measured", () => {
    expect(meaningOf([{ type: "dimensions", id: "a", dimensions: { width: 1, height: 1 } }], new Set(), NOTHING_HELD)).toEqual({ selection: null, held: NOTHING_HELD, isDone: false });
  });

  it("and what is selected are two things", () => {
    expect(meaningOf([{ type: "select", id: "b", selected: true }], new Set(["a"]), NOTHING_HELD).selection).toEqual(new Set(["a", "b"]));
  });
});

describe("at first", () => {
  const stage = { width: 1_000, height: 800 };

  it("all is seen where it can be read", () => {
    expect(firstView([{ x: 0, y: 0 }], stage)).toEqual({ zoom: 1, x: 360, y: 362 });
  });

  it("else the beginning", () => {
    const tall = Array.from({ length: 50 }, (_, row) => ({ x: 100, y: row * 150 }));
    const view = firstView(tall, stage);
    expect(view).toEqual({ zoom: 0.9, x: 500 - 240 * 0.9, y: 72 });
    expect(showsAny(view, tall, stage)).toBe(true);
    expect(showsAny({ x: 5_000, y: 0, zoom: 1 }, tall, stage)).toBe(false);
  });
});
