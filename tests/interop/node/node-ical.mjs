// Prints the events of a calendar file as JSON, as node-ical sees them on a machine of this zone.
import ical from "node-ical";
import { written } from "./written.mjs";

const events = Object.values(ical.sync.parseFile(process.argv[2]))
  .filter((component) => component.type === "VEVENT")
  .map((event) => ({
    uid: event.uid,
    summary: event.summary,
    description: event.description,
    start: written(event.start, event.datetype === "date"),
    end: written(event.end, event.datetype === "date"),
    status: event.status ?? "",
    sequence: Number(event.sequence ?? 0),
  }));
console.log(JSON.stringify(events));
