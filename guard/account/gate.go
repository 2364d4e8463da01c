package account

import (
	"fmt"
	"slices"
	"strings"

	"rowan/age"
	"rowan/event"
	"rowan/rulebook"
)

// Verdict is what the gate says of a contact, the mildest first.
type Verdict uint8

// The verdicts.
const (
	Allow Verdict = iota
	Ask           // the young person must say yes first
	Hold          // a guardian must approve, or information be shown, first
	Block
)

var verdicts = [...]string{"allow", "ask", "hold", "block"}

func (v Verdict) String() string { return wordAt(verdicts[:], uint8(v)) }

// Way is how one account would come before another.
type Way uint8

// The ways. From acts or looks; To is reached or seen.
const (
	NoWay Way = iota
	Message
	Call
	Invite // into a group
	Connect
	Suggest     // To is suggested to From
	List        // From sees To's connections
	ListEntry   // From sees To in a list of connections
	Search      // From finds To by name
	Lookup      // From finds To by telephone number or e-mail address
	Live        // From watches or takes part in To's live stream
	LiveChat    // From writes under a live stream
	Gift        // From gives or pays To something
	Location    // From sees where To is
	Comment     // From comments on what To has posted
	Mention     // From tags or mentions To
	Established // To has accepted From's connection request
)

var ways = [...]string{
	"none", "message", "call", "invite", "connect", "suggestion", "connections", "list_entry", "search", "lookup",
	"live", "live_chat", "gift", "location", "comment", "mention", "connected",
}

func (w Way) String() string { return wordAt(ways[:], uint8(w)) }

// ParseWay reads a way's word. "none" is not one.
func ParseWay(text string) (Way, error) {
	i := slices.Index(ways[:], text)
	if i < 1 {
		return NoWay, fmt.Errorf("%q is no way; want one of %s", text, strings.Join(Ways(), ", "))
	}
	return Way(i), nil
}

// Ways are the words that ParseWay reads.
func Ways() []string { return ways[1:] }

// WayOf is the way that an event takes. addressed says that the other account
// is named as a recipient, and does not merely take part.
func WayOf(e *event.Event, addressed bool) Way {
	switch e.Type {
	case event.MessageSent:
		switch {
		case e.Channel == event.Direct:
			return Message
		case e.Channel == event.Live: // whose stream it is, a message does not say
			return LiveChat
		}
	case event.CallStarted:
		if addressed {
			return Call
		}
	case event.GroupInvited:
		return Invite
	case event.ConnectionRequested:
		return Connect
	case event.ConnectionAccepted:
		return Established
	case event.GiftSent:
		return Gift
	case event.ContactProposed:
		return wayOfChannel[e.Channel]
	}
	return NoWay
}

var wayOfChannel = [...]Way{
	event.Direct: Message, event.Group: Invite, event.Public: NoWay, event.Live: Live, event.Game: Message, event.Voice: Call,
	event.Suggestion: Suggest, event.Connections: List, event.ListEntry: ListEntry, event.Search: Search, event.Lookup: Lookup,
	event.Gift: Gift, event.Location: Location, event.Comment: Comment, event.Mention: Mention, event.Connection: Connect,
}

// Reason is why the gate says what it says.
type Reason uint8

// The reasons.
const (
	Free             Reason = iota // no rule stands against it
	NotConnected                   // only for accounts that are connected
	NeedsGuardian                  // a guardian must approve first
	ConfirmFirst                   // the young person must say yes first
	NotFound                       // cannot be found that way
	NotSuggested                   // is not suggested, or gets no suggestions
	ListsHidden                    // lists of connections are not shown
	GroupNeedsYes                  // comes into a group only by saying yes
	GroupStrangers                 // with adults one does not know
	LiveOff                        // live streams, or talk beside them, are off
	GiftsOff                       // gifts and payments are off
	LocationHidden                 // where one is, is not shown
	BlockedByAccount               // one of the two has blocked the other
	SettingOff                     // some other setting is off
	InfoBefore                     // the supportive information must be shown first
)

var reasons = [...]string{
	"free", "not_connected", "needs_guardian", "confirm_first", "not_shown_in_search", "not_suggested", "lists_hidden",
	"group_needs_yes", "group_strangers", "live_off", "gifts_off", "location_hidden", "blocked_by_account", "setting_off",
	"info_first",
}

func (r Reason) String() string { return wordAt(reasons[:], uint8(r)) }

// wordAt is the word of a number that may come from a file.
func wordAt(words []string, n uint8) string {
	if int(n) < len(words) {
		return words[n]
	}
	return "unknown"
}

// Contact is a question to the gate.
type Contact struct {
	Way       Way
	From, To  Party
	Connected bool // a connection was accepted
	Tied      bool // somebody has verified a tie: guardian, family, school, in person, approved
	Mutual    bool // they have friends in common
	Begun     bool // To has answered From, or said yes to hearing from it
	Blocked   bool // one has blocked the other
	Informed  bool // To was shown what a connection would allow
	At        uint32
}

// Answer is what the gate says. It holds no pointers.
type Answer struct {
	Verdict Verdict
	Reason  Reason
	Way     Way
	Setting uint8 // place + 1 of the setting that decided; 0: none
	FromOwn bool  // the setting is From's own, not To's
	From    age.Band
	To      age.Band
	Region  [2]byte  // of the account whose setting it is
	Ways    Possible // what would make the contact possible
}

// Possible is a set of things any of which would make a contact possible, or
// bring it closer.
type Possible uint8

// The things.
const (
	ByConnection Possible = 1 << iota
	ByGuardian
	ByInPersonLink
	ByConfirming
	ByInformation
	BySetting
	ByAgeAssurance
)

var possible = [...]string{"connection", "guardian_approval", "in_person_link", "confirm", "info_shown", "setting_change", "age_assurance"}

// Words are the keys of the texts of kind "possible".
func (p Possible) Words() []string {
	var out []string
	for i, word := range possible {
		if p&(1<<i) != 0 {
			out = append(out, word)
		}
	}
	return out
}

// gateSettings are the places of the settings that the gate looks at, and what
// their values mean.
type gateSettings struct {
	dm, firstDM, call, group, strangers, suggestions, suggested, list, inLists, name, lookup,
	liveHost, liveInteraction, liveChat, payments, location, comments, mentions int
	words [rulebook.MaxSettings][16]word
}

// word is what a value lets others do.
type word uint8

const (
	never word = iota
	guardianApproved
	onlyConnections
	connectionsAsked
	onlyChosen
	friendsOfFriends
	asked
	noInvites
	warned
	open
)

var wordOf = map[string]word{
	"nobody": never, "blocked": never, "off": never, "hidden": never, "barred": never,
	"approved": guardianApproved, "guardian": guardianApproved,
	"connections": onlyConnections, "connections_ask": connectionsAsked, "chosen": onlyChosen, "friends_of_friends": friendsOfFriends,
	"ask": asked, "requests": asked, "confirm": asked, "capped": asked,
	"warn_no_invites": noInvites, "warn": warned,
	"everyone": open, "open": open, "on": open, "shown": open, "added": open,
}

// find looks the settings up by id.
func (g *gateSettings) find(c *rulebook.Catalogue) error {
	for id, to := range map[string]*int{
		"dm_from": &g.dm, "first_dm": &g.firstDM, "call_from": &g.call, "group_add": &g.group, "group_strangers": &g.strangers,
		"suggestions_shown": &g.suggestions, "suggested_to_others": &g.suggested, "connection_list": &g.list,
		"in_others_lists": &g.inLists, "found_by_name": &g.name, "found_by_contact": &g.lookup, "live_host": &g.liveHost,
		"live_interaction": &g.liveInteraction, "live_chat": &g.liveChat, "payments": &g.payments, "location": &g.location,
		"comments_from": &g.comments, "mentions_from": &g.mentions,
	} {
		place, ok := c.Place(id)
		if !ok {
			return fmt.Errorf("the catalogue has no setting %s, which the contact gate needs", id)
		}
		*to = place
		for rank, v := range c.Setting(place).Values {
			w, ok := wordOf[v]
			if !ok {
				return fmt.Errorf("the contact gate does not know what %s of the setting %s means", v, id)
			}
			g.words[place][rank] = w
		}
	}
	return nil
}

// Ask answers whether two accounts may be in contact. A contact takes two: the
// settings of both hold, and the stricter of the two answers is given. What an
// adult has set is not looked at.
func (r *Rules) Ask(c *Contact) Answer {
	out := Answer{Way: c.Way, From: c.From.Band, To: c.To.Band}
	if c.Way == NoWay || !c.From.Young() && !c.To.Young() {
		return out
	}
	if c.Blocked {
		out.Verdict, out.Reason = Block, BlockedByAccount
		return out
	}
	if c.To.Young() {
		r.side(c, &c.To, &c.From, false, &out)
	}
	if c.From.Young() {
		r.side(c, &c.From, &c.To, true, &out)
	}
	if out.Verdict > Allow {
		own := &c.To
		if out.FromOwn {
			own = &c.From
		}
		out.Region, out.Ways = own.Region, r.possible(c, own, &out)
	}
	return out
}

// Side is what the settings of one young person, own, make of a contact with
// another account, whatever that one's are. fromOwn: own acts or looks.
func (r *Rules) Side(c *Contact, own, other *Party, fromOwn bool) (out Answer) {
	out.Way = c.Way
	r.side(c, own, other, fromOwn, &out)
	return out
}

// side holds a contact to the settings of one young person, own.
func (r *Rules) side(c *Contact, own, other *Party, from bool, out *Answer) {
	e := r.Edition(own.Region, c.At)
	known := c.Connected || c.Tied
	far := !known && stranger(own.Band, other.Band)
	g := &r.gate
	try := func(place int, why Reason) {
		if !e.Has(place) {
			return
		}
		v, reason := judge(g.words[place][value(e, own, place, c.At)], c, known, far, why)
		if from && v == Ask {
			return // what the young person does is their yes
		}
		if v > out.Verdict {
			out.Verdict, out.Reason, out.Setting, out.FromOwn = v, reason, uint8(place+1), from
		}
	}
	switch c.Way {
	case Message:
		if e.Has(g.firstDM) {
			try(g.firstDM, SettingOff)
		} else {
			try(g.dm, SettingOff)
		}
	case Call:
		try(g.call, SettingOff)
	case Connect, Established:
		if w := g.words[g.dm][value(e, own, g.dm, c.At)]; e.Has(g.dm) && c.awaitsGuardian(w) && out.Verdict < Hold {
			out.Verdict, out.Reason, out.Setting, out.FromOwn = Hold, NeedsGuardian, uint8(g.dm+1), from
		}
		if c.Way == Established && !from && !c.Informed && out.Verdict < Hold {
			out.Verdict, out.Reason = Hold, InfoBefore
		}
	case Invite:
		if !from {
			try(g.group, GroupNeedsYes)
		}
		if far {
			try(g.strangers, GroupStrangers)
		}
	case Gift:
		try(g.payments, GiftsOff)
	case Suggest:
		if from {
			try(g.suggestions, NotSuggested)
		} else {
			try(g.suggested, NotSuggested)
		}
	case LiveChat:
		if from {
			try(g.liveChat, LiveOff)
		}
	case Live:
		if from {
			try(g.liveChat, LiveOff)
		} else {
			try(g.liveHost, LiveOff)
			try(g.liveInteraction, LiveOff)
		}
	case List, ListEntry, Search, Lookup, Location, Comment, Mention:
		if from {
			return
		}
		switch c.Way {
		case List:
			try(g.list, ListsHidden)
		case ListEntry:
			try(g.inLists, ListsHidden)
		case Search:
			try(g.name, NotFound)
		case Lookup:
			try(g.lookup, NotFound)
		case Location:
			try(g.location, LocationHidden)
		case Comment:
			try(g.comments, SettingOff)
		case Mention:
			try(g.mentions, SettingOff)
		}
	}
}

// awaitsGuardian reports whether a connection needs a guardian's approval first,
// by what the word of dm_from says.
func (c *Contact) awaitsGuardian(w word) bool { return w <= guardianApproved && !c.Tied }

// stranger reports whether somebody of one band is, to a young person of
// another, no peer: not certainly a minor, or two bands apart.
func stranger(young, other age.Band) bool {
	if other == age.Unknown || other == age.Adult {
		return true
	}
	gap := rulebook.Place(young) - rulebook.Place(other)
	return gap < -1 || gap > 1
}

// judge says what a setting's word makes of a contact.
func judge(w word, c *Contact, known, far bool, why Reason) (Verdict, Reason) {
	switch w {
	case never:
		return Block, why
	case guardianApproved:
		if !known || c.Way == Invite { // a connection was approved once, each group is
			return Hold, NeedsGuardian
		}
	case onlyConnections:
		if !known {
			return Block, NotConnected
		}
	case connectionsAsked:
		if !known {
			return Block, NotConnected
		}
		return Ask, why
	case onlyChosen:
		if !known {
			return Block, NotConnected
		}
		return Ask, ConfirmFirst
	case friendsOfFriends:
		switch {
		case known:
		case !c.Mutual:
			return Block, NotConnected
		case far:
			return Ask, ConfirmFirst
		}
	case asked:
		if c.Way == Invite || c.Way == Gift {
			return Ask, why
		}
		if !known && !c.Begun {
			return Ask, ConfirmFirst
		}
	case noInvites:
		return Block, why
	case warned:
		return Ask, why
	case open:
		if far && !c.Begun && talks(c.Way) {
			return Ask, ConfirmFirst
		}
	}
	return Allow, Free
}

// talks reports whether a way brings words or things to the other.
func talks(w Way) bool { return w == Message || w == Call || w == Invite || w == Gift }

// possible is what would make a contact possible that a setting of own stands
// against.
func (r *Rules) possible(c *Contact, own *Party, a *Answer) (p Possible) {
	switch a.Reason {
	case Free, BlockedByAccount:
		return 0
	case InfoBefore:
		return ByInformation
	case ConfirmFirst, GroupNeedsYes:
		p = ByConfirming
	case NeedsGuardian:
		p = ByGuardian | ByInPersonLink
	case NotConnected:
		p = ByConnection | ByInPersonLink
	case GroupStrangers:
		p = ByConnection
	}
	if a.Setting != 0 {
		place := int(a.Setting) - 1
		e := r.Edition(own.Region, c.At)
		cell := e.Cell(own.Band, place)
		switch now := value(e, own, place, c.At); {
		case cell.Child > now:
			p |= BySetting
		case cell.Guardian > now:
			p |= ByGuardian
		}
	}
	if own.Band == age.Unknown {
		p |= ByAgeAssurance
	}
	return p
}
