/** Of the tests beside it: a catalogue and drawings in few words. */

import { type Catalogue, catalogueOf, type NodeType } from "./catalogue";
import { type Drawing, type JsonObject, parseDrawing } from "./drawing";

function type(name: string, title: string, handles: string[], sample: JsonObject = {}): NodeType {
  const trigger = name.startsWith("trigger-");
  const words = { description: title, documentation: title, handles_note: null, effect: "pure", group: "logic", icon: "Box" } as const;
  return {
    ...words,
    type: name,
    title,
    handles,
    trigger,
    error_handle: !trigger,
    config_schema: {},
    fields: [],
    sample_output: sample,
    package: "automations",
  };
}

export const CATALOGUE: Catalogue = catalogueOf([
  type("trigger-event", "Record event", ["out"], { event: "UPDATE", new: { name: "Ada", tags: ["vip"] } }),
  type("logic-condition", "If / else", ["true", "false"], { result: true }),
  type("logic-switch", "Branch", ["default"]),
  type("logic-loop", "Loop", ["done", "each"], { count: 2 }),
  type("logic-join", "Join", ["out"]),
  type("logic-wait", "Wait until", ["met", "timed_out"], { met: true }),
  type("logic-stop", "Stop", []),
  type("action-send-message", "Send message", ["out"], { message: { id: "m1" } }),
  type("action-find-records", "Find records", ["out"], { count: 1, records: [{ id: "r1" }] }),
  type("transform-set-variable", "Set variable", ["out"]),
]);

const TYPES: Readonly<Record<string, string>> = {
  start: "trigger-event", if: "logic-condition", switch: "logic-switch", loop: "logic-loop", stop: "logic-stop", join: "logic-join", wait: "logic-wait",
  send: "action-send-message", find: "action-find-records", set: "transform-set-variable",
};

/** `flow("start>if", "if:true>send", "if:false>send_2")`: ids say the types, numbers behind `_` aside. */
export function flow(...lines: string[]): Drawing {
  return configured({}, ...lines);
}

export function configured(configs: Readonly<Record<string, JsonObject>>, ...lines: string[]): Drawing {
  const ids = new Set<string>();
  const edges = lines.flatMap((line) => {
    const [from = "", to] = line.split(">");
    const [source = "", sourceHandle] = from.split(":");
    [source, to].forEach((id) => id !== undefined && ids.add(id));
    return to === undefined ? [] : [{ source, target: to, ...(sourceHandle === undefined ? {} : { sourceHandle }) }];
  });
  const nodes = [...ids].map((id) => ({ id, type: TYPES[id.replace(/_\d+$/, "")], data: { config: configs[id] ?? {} } }));
  return parseDrawing(nodes, edges);
}

/** The lines of a drawing, as `flow` takes them. */
export function lines(drawing: Drawing): string[] {
  return drawing.edges.map((edge) => `${edge.source}${edge.sourceHandle === null ? "" : `:${edge.sourceHandle}`}>${edge.target}`);
}
