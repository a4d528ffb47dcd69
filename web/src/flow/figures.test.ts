import { describe, expect, it } from "vitest";

import { ANY_FIGURE, figureFrom, figureMistake, figureText, readFigure, stepped } from "./figures";

const SHARE = { isInteger: true, least: 5, above: null, most: 30 };
const AMOUNT = { isInteger: false, least: null, above: 0, most: 200_000_000 };

describe("a figure that is typed", () => {
  it("is the number that is written there", () => {
    const written = ["30", " 30 ", "1.5", "1,5", "-5", "0,250", ".5", "1e9", "10 000", "200 000 000", "0.1"];
    expect(written.map(readFigure)).toEqual([30, 30, 1.5, 1.5, -5, 0.25, 0.5, 1e9, 10_000, 200_000_000, 0.1]);
  });

  it("is kept as it stands where it is none, or would become another", () => {
    const written = ["abc", "1.2.3", "1 5", "1,500", "-", "1e999", "12345678901234567890", "0.12345678901234567", "0x10", "5 minutes", "Infinity"];
    expect(written.map(readFigure)).toEqual(written.map(() => null));
    expect(written.map(figureFrom)).toEqual(written);
    expect(["", "  "].map(figureFrom)).toEqual([undefined, undefined]);
  });

  it("is shown as what is stored", () => {
    expect([30, 1.5, 9_999, 10_000, -1_048_576, 12_345.678_9, "1e999", undefined, null].map(figureText)).toEqual([
      ...["30", "1.5", "9999", "10 000", "-1 048 576", "12 345.6789"],
      ...["1e999", "", ""],
    ]);
    for (const value of [30, 1.5, 10_000, -1_048_576, 12_345.678_9, 1e14, 1e-7]) expect(readFigure(figureText(value)), String(value)).toBe(value);
  });
});

describe("a figure that cannot be used", () => {
  it("is told with what can", () => {
    expect([5, 30, undefined].map((value) => figureMistake(value, SHARE))).toEqual([null, null, null]);
    expect([4, 31, -5].map((value) => figureMistake(value, SHARE))).toEqual(Array(3).fill("Not less than 5. Not more than 30."));
    expect([0, -5, 1e9].map((value) => figureMistake(value, AMOUNT))).toEqual(Array(3).fill("More than 0. Not more than 200 000 000."));
    expect(figureMistake(7.5, SHARE)).toBe("Only whole numbers can be used here, such as 7 or 8.");
    expect(figureMistake("1,500", AMOUNT)).toMatch(/^This is no number/);
    expect([-5, 1e9, 0.1].map((value) => figureMistake(value, ANY_FIGURE))).toEqual([null, null, null]);
  });
});

it("goes up and down by the arrows, within its range", () => {
  expect([stepped(5, 1, SHARE), stepped(5, -1, SHARE), stepped(undefined, 1, SHARE), stepped(99, 1, SHARE)]).toEqual([6, 5, 5, 30]);
  expect([stepped(0.1, 1, AMOUNT), stepped(1, -1, AMOUNT), stepped("abc", 1, ANY_FIGURE), stepped(-3, -1, ANY_FIGURE)]).toEqual([1.1, 1, 1, -4]);
});
