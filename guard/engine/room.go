package engine

import "rowan/event"

const (
	// maxAddressed is how many recipients count as addressed one by one in a
	// group; a longer list is an audience.
	maxAddressed = 8
	// maxDirect is the same where there is no room.
	maxDirect = 64
	// maxRoomPairs bounds the pairs that one message in a room forms.
	maxRoomPairs = 8
	// lately is how long, in seconds, somebody who spoke in a room counts as
	// taking part in what is said.
	lately = 10 * 60
	// together is how soon after the other somebody enters a room to count as
	// following (M14).
	together = 2 * 60

	speakers = 8
	joiners  = 4
)

type speaker struct {
	account uint64
	at      uint32
	length  uint8 // of id; 0 if the id is too long to keep
	id      [51]byte
}

type joiner struct {
	account uint64
	at      uint32
	_       uint32
}

// room is who spoke and who came lately in a group. It holds no pointers.
type room struct {
	speakers [speakers]speaker
	joiners  [joiners]joiner
	seen     uint32
	_        uint32
}

// speak notes that somebody spoke, in place of itself or of the one who has
// been silent longest.
func (r *room) speak(account uint64, id string, at uint32) {
	least := 0
	for i := range r.speakers {
		s := &r.speakers[i]
		if s.account == account {
			s.at = max(s.at, at)
			return
		}
		if s.at < r.speakers[least].at {
			least = i
		}
	}
	s := &r.speakers[least]
	*s = speaker{account: account, at: at}
	if len(id) <= len(s.id) {
		s.length = uint8(copy(s.id[:], id))
	}
}

func (r *room) join(account uint64, at uint32) {
	least := 0
	for i := range r.joiners {
		if r.joiners[i].at < r.joiners[least].at {
			least = i
		}
	}
	r.joiners[least] = joiner{account: account, at: at}
}

func inRoom(c event.Channel) bool {
	return c == event.Group || c == event.Public || c == event.Live || c == event.Game || c == event.Voice
}

func isAccount(t event.Type) bool {
	switch t {
	case event.AccountRegistered, event.AccountUpdated, event.AccountAgeSignal, event.SettingChanged,
		event.SettingRequested, event.SupportShown, event.AgeWithdrawn, event.SessionEnded, event.AppUpdated:
		return true
	}
	return false
}

// seeksContact reports whether an event is a try to be in contact.
func seeksContact(t event.Type) bool {
	switch t {
	case event.ConnectionRequested, event.ContactProposed, event.MessageSent, event.GroupInvited, event.CallStarted, event.GiftSent:
		return true
	}
	return false
}

// isRoom reports whether an event changes a room.
func isRoom(e *event.Event) bool {
	switch e.Type {
	case event.GroupJoined:
		return true
	case event.MessageSent, event.CallStarted:
		return inRoom(e.Channel) && e.Conversation != ""
	}
	return false
}
