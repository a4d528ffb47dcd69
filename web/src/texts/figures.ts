/** Of fields that take a number. */

export const figuresTexts = {
  unread: "This is no number that can be read. Write it in digits, such as 30 or 1.5.",
  whole: (below: string, above: string) => `Only whole numbers can be used here, such as ${below} or ${above}.`,
  least: (least: string) => `Not less than ${least}.`,
  above: (above: string) => `More than ${above}.`,
  most: (most: string) => `Not more than ${most}.`,
  timeRange: (above: string | null, least: string, most: string, unit: string) =>
    above === null ? `From ${least} to ${most} ${unit}.` : `More than ${above}, and at most ${most} ${unit}.`,
  mostTime: (most: string, unit: string) => `Not more than ${most} ${unit}, which are five years.`,
};
