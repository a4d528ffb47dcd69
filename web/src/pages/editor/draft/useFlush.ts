import { useSaver } from "./useSaver";

/** Sees to it that the server has the draft as it is drawn: a test and a publication take it from there. */
export function useFlush(): () => Promise<void> {
  return useSaver().flush;
}
