package words

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// startedIn is the setting that this process was given: a window changes it for its
// engine (ZoneName).
var startedIn = os.Getenv("TZ")

// zone is the person's own.
var zone = sync.OnceValue(func() *time.Location { return zoneOf(startedIn) })

// ZoneName is what TZ has to be for ICU, which the window's engine formats with and
// which takes a rule such as "KST-9" for UTC: the name of a zone with the same clock all
// year round. It is empty where TZ is no rule, or no such zone is known.
func ZoneName() string { return zoneName(startedIn, time.Now()) }

func zoneName(tz string, now time.Time) string {
	loc := zoneOf(tz)
	if loc == time.Local {
		return ""
	}
	for _, name := range zones {
		other, err := time.LoadLocation(name)
		if err == nil && sameClock(loc, other, now) {
			return name
		}
	}
	return ""
}

// zones are one for each offset and rule of summer time that many people live by.
var zones = strings.Fields(`Asia/Seoul Etc/UTC
	Etc/GMT-1 Etc/GMT-2 Etc/GMT-3 Etc/GMT-4 Etc/GMT-5 Etc/GMT-6 Etc/GMT-7 Etc/GMT-8 Etc/GMT-10 Etc/GMT-11 Etc/GMT-12 Etc/GMT-13 Etc/GMT-14
	Etc/GMT+1 Etc/GMT+2 Etc/GMT+3 Etc/GMT+4 Etc/GMT+5 Etc/GMT+6 Etc/GMT+7 Etc/GMT+8 Etc/GMT+9 Etc/GMT+10 Etc/GMT+11 Etc/GMT+12
	Asia/Tehran Asia/Kabul Asia/Kolkata Asia/Kathmandu Asia/Yangon Australia/Darwin Australia/Eucla Pacific/Marquesas
	Europe/London Europe/Paris Europe/Helsinki Europe/Chisinau America/St_Johns America/Halifax America/New_York America/Chicago America/Denver
	America/Los_Angeles America/Anchorage America/Adak America/Havana Australia/Sydney Australia/Adelaide Australia/Lord_Howe Pacific/Auckland Pacific/Chatham`)

// sameClock compares two zones every six hours of the year around now.
func sameClock(a, b *time.Location, now time.Time) bool {
	for t := now.AddDate(0, -6, 0); t.Before(now.AddDate(0, 6, 0)); t = t.Add(6 * time.Hour) {
		_, x := t.In(a).Zone()
		_, y := t.In(b).Zone()
		if x != y {
			return false
		}
	}
	return true
}

// zoneOf reads what package time does not: it knows the names of zones only, and
// takes "KST-9" (POSIX.1, Environment Variables, TZ), which the rest of the desktop
// understands, for UTC. Its reader of zone files understands such a rule, so the rule
// is given to it as the end of an otherwise empty file (RFC 9636 section 3.3).
func zoneOf(tz string) *time.Location {
	tz = strings.TrimPrefix(tz, ":")
	if !posixZone.MatchString(tz) {
		return time.Local
	}
	if _, err := time.LoadLocation(tz); err == nil {
		return time.Local // a name, such as EST5EDT
	}
	// A version 2 file: twice the same block with one type of local time and nothing
	// else, the second followed by the rule between two line feeds.
	header := "TZif2" + strings.Repeat("\x00", 15) +
		"\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x01" + "\x00\x00\x00\x04"
	block := header + "\x00\x00\x00\x00\x00\x00" + "UTC\x00"
	loc, err := time.LoadLocationFromTZData(tz, []byte(block+block+"\n"+tz+"\n"))
	if err != nil {
		return time.Local
	}
	return loc
}

// posixZone is how a rule begins: a name of at least three letters, or one in angle
// brackets, and the hours to add to get to UTC.
var posixZone = regexp.MustCompile(`^(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?[0-9]`)
