package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"rowan/event"
)

// Policy is how an actor goes about: parameters over abstract signals and
// conduct. What it says is drawn from a family of flat lines.
type Policy interface {
	Name() string
	Label() Label
	// Held says that the policy is for measuring only: nothing may be tuned on
	// it.
	Held() bool
	// Conduct are the parameters.
	Conduct() Conduct
}

// Span is from Low to High, both included.
type Span struct{ Low, High float64 }

func (s Span) draw(rng *rand.Rand) float64 { return s.Low + rng.Float64()*(s.High-s.Low) }

func (s Span) whole(rng *rand.Rand) int {
	return int(s.Low) + rng.IntN(int(s.High)-int(s.Low)+1)
}

// Ages are in whole years, both included.
type Ages struct{ From, To uint8 }

func (a Ages) has(age uint8) bool { return age >= a.From && age <= a.To }

// Stating is what an actor says about their age at sign-up.
type Stating uint8

// The ways of stating an age.
const (
	AsIs       Stating = iota // as anybody else does: mostly the truth
	AsYoung                   // as somebody of the target's age, or nothing
	AsAnyAdult                // another age over 18, or nothing
)

// Opening is how the two come into contact.
type Opening uint8

// The openings.
const (
	ByRequest Opening = iota // a connection request out of a suggestion or search
	ByRoom                   // talk in a room, then in private
	ByGame                   // talk in a game, then in private
	ByMessage                // a direct message without more
)

// Chance is a signal and the probability that it occurs in its stage.
type Chance struct {
	Code string
	P    float64
}

// Stage is a part of a contact.
type Stage struct {
	Name    string
	Share   float64 // of the contact's messages
	Signals []Chance
}

// Conduct is the surface of a policy and what goes on below it.
type Conduct struct {
	Actor, Target Ages
	// MaxGap bounds the difference between the two ages in years; 0 does not.
	MaxGap  uint8
	Stating Stating
	// Near says that both live in the same cluster.
	Near bool
	// Tie is the probability of a verified relation Relation.
	Tie      float64
	Relation event.Relation
	// FanOut is how many others an actor contacts.
	FanOut Span
	// Surface is what can be counted without understanding anything. A
	// look-alike takes it from a harmful policy drawn by chance, so the two
	// cannot be told apart by it.
	Surface Surface
	Stages  []Stage
	// Harm are signals of which the last stage has the first that is drawn;
	// each is as likely as the others. None for look-alikes.
	Harm []string
	// After are signals behind the harm.
	After []Chance
	// Blocked and Reported are the probabilities, at each signal from the
	// second stage on, that the other ends the contact, and that they then
	// report the actor.
	Blocked, Reported float64
	// Script says that an actor writes the same to everybody.
	Script bool
	// Returns says that the actor comes back with a new account when blocked.
	Returns bool
}

// Surface is what anybody can count.
type Surface struct {
	AccountDays Span // age of the account at the first contact
	Days        Span // from the first contact to the last
	Messages    Span // by both
	Gifts       Span
	Rooms       Span    // rooms in which both turn up, if they meet in one
	Night       float64 // share of the sittings between 21 and 1 o'clock of the other's day
	Openings    []Opening
	Calls       float64 // probability of a call
}

// Policies are all of them, the harmful ones first.
func Policies() []Policy {
	return []Policy{
		SlowTrust{}, FastExtortion{}, ScriptFarm{}, GamerGifter{}, RoomFollower{}, AccountCycler{}, AuthorityPersona{},
		Streamer{}, Coach{}, OlderSibling{}, MatchMaker{}, Trader{}, Recruiter{}, SupportMentor{}, TeenCouple{}, NewUser{},
		Tutor{}, SurpriseParty{}, SafetyLesson{},
	}
}

// choosePolicies are those that the options name.
func choosePolicies(o Options) ([]Policy, error) {
	all := Policies()
	if len(o.Policies) == 0 {
		return all, nil
	}
	var chosen []Policy
	has := map[Label]bool{}
	wanted := map[string]bool{}
	for _, name := range o.Policies {
		wanted[name] = true
	}
	for _, p := range all {
		if wanted[p.Name()] {
			chosen = append(chosen, p)
			has[p.Label()] = true
			delete(wanted, p.Name())
		}
	}
	for _, name := range o.Policies {
		if wanted[name] {
			names := make([]string, len(all))
			for i, p := range all {
				names[i] = p.Name()
			}
			return nil, fmt.Errorf("there is no policy %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	if o.Balanced && !(has[Harmful] && has[LookAlike]) {
		return nil, fmt.Errorf("a balanced simulation needs a harmful and a look-alike policy at least")
	}
	return chosen, nil
}
