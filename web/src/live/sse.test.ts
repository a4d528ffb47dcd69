import { describe, expect, it } from "vitest";

import { EventParser } from "./sse";

const STREAM = 'event: ready\nid: 1-a\ndata: {"resumed":false}\n\n: alive\n\nevent: reset\nid: 2-a\n\nevent: execution\r\nid: 3-a\r\ndata: {"a":\r\ndata: 1}\r\n\r\n';

describe("events", () => {
  const expected = [
    { event: "ready", id: "1-a", data: '{"resumed":false}' },
    { event: "reset", id: "2-a", data: "" },
    { event: "execution", id: "3-a", data: '{"a":\n1}' },
  ];

  it("are read whole", () => expect(new EventParser().push(STREAM.replace(/\r\n/g, "\n"))).toEqual(expected));

  it("are read however they are cut", () => {
    const text = STREAM.replace(/\r\n/g, "\n");
    for (let size = 1; size < 20; size += 1) {
      const parser = new EventParser();
      const found = [];
      for (let from = 0; from < text.length; from += size) found.push(...parser.push(text.slice(from, from + size)));
      expect(found).toEqual(expected);
    }
  });
});
