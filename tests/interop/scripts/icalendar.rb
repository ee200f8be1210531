# Prints the events of a calendar file as JSON, as ruby-icalendar sees them, reading strictly.
require "date"
require "icalendar"
require "json"

def moment(value)
  return value.strftime("%Y-%m-%d") if value.is_a?(Icalendar::Values::Date)

  value.to_time.utc.strftime("%Y-%m-%dT%H:%M:%SZ")
end

calendars = Icalendar::Parser.new(File.open(ARGV[0], "r:UTF-8"), true).parse
abort "#{calendars.size} calendars" unless calendars.size == 1
events = calendars.first.events.map do |event|
  {
    uid: event.uid,
    summary: event.summary,
    description: event.description,
    start: moment(event.dtstart),
    end: moment(event.dtend),
    status: event.status.to_s,
    sequence: event.sequence.to_i,
  }
end
puts JSON.generate(events)
