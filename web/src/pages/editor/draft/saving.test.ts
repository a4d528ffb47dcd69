import { describe, expect, it } from "vitest";

import { setLabel } from "@/flow/edit";
import { type Drawing, parseDrawing, writeNodes } from "@/flow/drawing";

import { createDraft } from "./draft";
import { createSaver, NotSaved, type Outcome, type Ports } from "./saver";
import { isDirty, type Stored } from "./saving";

const FIRST: Stored = { revision: 1, drawing: parseDrawing([{ id: "a", type: "logic-stop" }], []) };
const labelled = (text: string) => (drawing: Drawing) => setLabel(drawing, "a", text);
const labelOf = (drawing: Drawing | undefined) => drawing?.nodes[0]?.label ?? null;

/** A server with a lock, a clock that is wound by hand, and a network that does as it is told. */
function world() {
  const draft = createDraft(FIRST.drawing);
  const server = { ...FIRST };
  const due: (() => void)[] = [];
  const network: { next: ("ok" | "down" | "lost" | "refused")[]; kept: Stored | null; taken: number } = { next: [], kept: null, taken: 0 };
  const save = (drawing: Drawing, revision: number): Outcome => {
    if (revision !== server.revision) return { kind: "overtaken", theirs: { ...server } };
    server.revision += 1;
    server.drawing = parseDrawing(writeNodes(drawing), []);
    return { kind: "answered", revision: server.revision };
  };
  const ports: Ports = {
    send: (drawing, revision) => {
      const fate = network.next.shift() ?? "ok";
      if (fate === "down") return Promise.resolve({ kind: "failed" });
      if (fate === "refused") return Promise.resolve({ kind: "refused", error: new Error("too long") });
      const outcome = save(drawing, revision);
      return Promise.resolve(fate === "lost" ? { kind: "failed" } : outcome);
    },
    later: (_milliseconds, call) => {
      due.push(call);
      return () => {
        due.splice(due.indexOf(call), 1);
      };
    },
    keep: (unsaved) => {
      network.kept = unsaved;
    },
    onTaken: () => {
      network.taken += 1;
    },
  };
  const saver = createSaver(draft, FIRST, ports);
  const other = (text: string) => save(labelled(text)(server.drawing), server.revision);
  const settle = async () => {
    for (let round = 0; round < 20; round += 1) {
      due.splice(0).forEach((call) => call());
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
  };
  return { draft, server, network, saver, other, settle };
}

describe("saving", () => {
  it("goes by itself, and keeps here what is not there yet", async () => {
    const { draft, server, network, settle } = world();
    draft.getState().change(labelled("one"));
    expect(labelOf(network.kept?.drawing)).toBe("one");
    await settle();
    expect([labelOf(server.drawing), server.revision, network.kept]).toEqual(["one", 2, null]);
  });

  it("goes on until the network is back", async () => {
    const { draft, server, network, saver, settle } = world();
    network.next = ["down", "down"];
    draft.getState().change(labelled("one"));
    await expect(saver.flush()).rejects.toThrow(NotSaved);
    expect(saver.store.getState().trouble).toEqual({ kind: "offline", tries: 1 });
    await settle();
    expect(labelOf(server.drawing)).toBe("one");
  });

  it("is no conflict with itself where an answer was lost", async () => {
    const { draft, server, network, saver, settle } = world();
    network.next = ["lost"];
    draft.getState().change(labelled("one"));
    await settle();
    expect([labelOf(server.drawing), saver.store.getState().trouble, isDirty(saver.store.getState())]).toEqual(["one", null, false]);
  });

  it("is no conflict with itself either where more was drawn meanwhile", async () => {
    const { draft, server, network, saver, settle } = world();
    network.next = ["lost", "down"];
    draft.getState().change(labelled("one"));
    await expect(saver.flush()).rejects.toThrow(NotSaved);
    draft.getState().change(labelled("two"));
    await settle();
    expect([labelOf(server.drawing), saver.store.getState().trouble]).toEqual(["two", null]);
  });

  it("sends nothing after its end, and leaves what is kept", async () => {
    const { draft, server, network, saver, settle } = world();
    network.next = ["down"];
    draft.getState().change(labelled("one"));
    saver.hurry();
    saver.end();
    await settle();
    expect([labelOf(server.drawing), labelOf(network.kept?.drawing)]).toEqual([null, "one"]);
  });

  it("asks where somebody else was faster, and does as it is told", async () => {
    const { draft, server, saver, other, settle } = world();
    other("theirs");
    draft.getState().change(labelled("mine"));
    await settle();
    expect(saver.store.getState().trouble?.kind).toBe("conflict");
    await expect(saver.flush()).rejects.toThrow(NotSaved);
    saver.dispatch({ kind: "keep-mine" });
    await saver.flush();
    expect(labelOf(server.drawing)).toBe("mine");
  });

  it("takes theirs, and has its own one step back", async () => {
    const { draft, server, saver, other, settle } = world();
    other("theirs");
    draft.getState().change(labelled("mine"));
    await settle();
    saver.dispatch({ kind: "take-theirs" });
    expect(labelOf(draft.getState().drawing)).toBe("theirs");
    draft.temporal.getState().undo();
    await settle();
    expect(labelOf(server.drawing)).toBe("mine");
  });

  it("takes theirs by itself where nothing was changed", () => {
    const { draft, server, network, saver, other } = world();
    other("theirs");
    saver.dispatch({ kind: "seen", stored: { ...server } });
    expect([labelOf(draft.getState().drawing), network.taken, network.kept]).toEqual(["theirs", 1, null]);
    draft.temporal.getState().undo();
    expect(labelOf(draft.getState().drawing)).not.toBe("theirs");
  });

  it("is not told of a change that is none of the drawing", () => {
    const { draft, server, network, saver } = world();
    const { drawing } = draft.getState();
    saver.dispatch({ kind: "seen", stored: { revision: server.revision + 1, drawing: parseDrawing(writeNodes(drawing), []) } });
    expect([draft.getState().drawing === drawing, network.taken, saver.store.getState().stored.revision]).toEqual([true, 0, 2]);
  });

  it("sends what was refused again when it was changed", async () => {
    const { draft, server, network, saver, settle } = world();
    network.next = ["refused"];
    draft.getState().change(labelled("one"));
    await settle();
    expect(saver.store.getState().trouble?.kind).toBe("refused");
    draft.getState().change(labelled("two"));
    await settle();
    expect(labelOf(server.drawing)).toBe("two");
  });

  it("loses no edit and overwrites nobody, whatever happens in whatever order", async () => {
    let seed = 20_261_127;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let game = 0; game < 60; game += 1) {
      const { draft, server, network, saver, other, settle } = world();
      let mine = 0;
      for (let move = 0; move < 12; move += 1) {
        const choice = random(6);
        if (choice < 3) draft.getState().change(labelled(`mine ${(mine += 1)}`));
        if (choice === 3) network.next.push((["down", "lost", "ok"] as const)[random(3)] ?? "ok");
        if (choice === 4) await settle();
        if (choice === 5 && random(3) === 0) {
          const before = labelOf(server.drawing);
          other(`theirs ${game} ${move}`);
          expect(labelOf(server.drawing)).not.toBe(before);
        }
      }
      await settle();
      saver.dispatch({ kind: "seen", stored: { ...server } });
      const { trouble } = saver.store.getState();
      if (trouble?.kind === "conflict") {
        // Both sides are still there.
        expect(labelOf(network.kept?.drawing)).toBe(`mine ${mine}`);
        expect(labelOf(server.drawing)).toBe(labelOf(trouble.theirs.drawing));
        saver.dispatch({ kind: "keep-mine" });
        await settle();
      }
      expect(labelOf(draft.getState().drawing)).toBe(labelOf(server.drawing));
      expect(isDirty(saver.store.getState())).toBe(false);
      saver.end();
    }
  });
});
