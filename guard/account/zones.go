package account

import (
	"time"
	_ "time/tzdata" // a platform's machine may have no zone files
)

// Zones numbers the time zones that accounts have named, in the order in
// which they first occurred.
type Zones struct {
	names []string
	where map[string]uint16
	loads []*time.Location
}

// NewZones returns the numbering that a checkpoint kept, or an empty one.
func NewZones(names []string) *Zones {
	z := &Zones{where: map[string]uint16{}}
	for _, name := range names {
		z.Number(name)
	}
	return z
}

// Number returns the zone's number, giving it one if need be; 0 if name is
// empty, unknown, or one too many.
func (z *Zones) Number(name string) uint16 {
	if name == "" {
		return 0
	}
	if n, ok := z.where[name]; ok {
		return n
	}
	place, err := time.LoadLocation(name)
	if err != nil || len(z.names) >= 1<<16-2 {
		return 0
	}
	z.names = append(z.names, name)
	z.loads = append(z.loads, place)
	z.where[name] = uint16(len(z.names))
	return uint16(len(z.names))
}

// Names is what NewZones takes.
func (z *Zones) Names() []string { return z.names }

// Hour is the hour of the day, 0 to 23, in a zone at a moment.
func (z *Zones) Hour(zone uint16, ms int64) (hour int, ok bool) {
	if zone == 0 || int(zone) > len(z.loads) {
		return 0, false
	}
	return time.UnixMilli(ms).In(z.loads[zone-1]).Hour(), true
}
