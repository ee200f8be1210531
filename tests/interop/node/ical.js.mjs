// Prints the events of a calendar file as JSON, as ical.js sees them on a machine of this zone.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";
import { written } from "./written.mjs";

ICAL.design.strict = true;
const calendar = new ICAL.Component(ICAL.parse(readFileSync(process.argv[2], "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(new ICAL.Timezone(zone));

const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    summary: event.summary,
    description: event.description,
    start: written(event.startDate.toJSDate(), event.startDate.isDate),
    end: written(event.endDate.toJSDate(), event.endDate.isDate),
    status: component.getFirstPropertyValue("status") ?? "",
    sequence: event.sequence ?? 0,
    ahead: component
      .getAllSubcomponents("valarm")
      .reduce((sum, alarm) => sum - alarm.getFirstPropertyValue("trigger").toSeconds(), 0),
  };
});
console.log(JSON.stringify(events));
