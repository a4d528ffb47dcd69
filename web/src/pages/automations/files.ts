import { automationsTexts } from "@/texts/automations";

const LARGEST = 4 * 1024 * 1024;

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
