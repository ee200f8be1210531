// A Date as text: the day that it shows on this machine, or its instant.
export function written(moment, isDay) {
  if (!isDay) return moment.toISOString();
  const two = (number) => String(number).padStart(2, "0");
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}
