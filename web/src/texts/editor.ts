export const editorTexts = {
  back: "All automations",
  draft: "Draft",
  canvas: (name: string) => `The flow of “${name}”`,
  list: "As a list",
  canvasTab: "Canvas",
  view: "How the flow is shown",
  empty: { title: "Nothing is drawn yet", text: "A flow begins with its trigger. Until it can be drawn here, it can be imported or drawn over the API." },
  way: (name: string) => name.replace(/_/g, " "),
  again: "goes on there",
  disabled: "switched off",
};
