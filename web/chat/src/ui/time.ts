const clocks = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const dates = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const shortDates = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** dayOf counts days in the reader's time zone: equal on one day, one more on the next. */
export function dayOf(time: Date): number {
  return Math.round(Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) / 86_400_000);
}

const today = () => dayOf(new Date());
const sentence = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/** clock is the time of day. */
export const clock = (at: string): string => clocks.format(new Date(at));

/** moment is a time to the second. */
export const moment = (at: string): string => full.format(new Date(at));

/** when is a date and a time. */
export const when = (at: string): string => short.format(new Date(at));

/** day is "Today", "Yesterday", or the date. */
export function day(number: number): string {
  const ago = number - today();
  if (ago >= -1 && ago <= 0) return sentence(relative.format(ago, "day"));
  // Noon is that day in every time zone but the outermost ones, which count days as dayOf does.
  return dates.format(new Date(new Date().setHours(12, 0, 0, 0) + ago * 86_400_000));
}

/** lately is the time of day, or for what is older the date. */
export function lately(at: string): string {
  const time = new Date(at);
  return dayOf(time) === today() ? clocks.format(time) : shortDates.format(time);
}
