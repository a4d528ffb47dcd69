import { automationsTexts } from "@/texts/automations";

const LARGEST = 4 * 1024 * 1024;

export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Whether it is an automation is for the server to say. */
export async function readFlowFile(file: File): Promise<Record<string, unknown>> {
  if (file.size > LARGEST) throw new Error(automationsTexts.imported.tooLarge);
  try {
    const value: unknown = JSON.parse(await file.text());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new Error(automationsTexts.imported.notJson);
}
