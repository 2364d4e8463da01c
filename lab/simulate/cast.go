package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"

	"rowan/event"
)

// story is one contact of an actor with a policy.
type story struct {
	policy       Policy
	conduct      *Conduct
	surface      *Surface
	family       *family
	actor, other int32
	number       int // in its cluster
	start, end   int64
	rng          *rand.Rand
	voice        *rand.Rand // draws what the actor says
	blocked      bool       // certainly, at the end
	returned     bool       // of an actor who was blocked before
	truth        Pair

	beats    []beat
	next     int
	messages int
}

// accountDays is how old the actor's account was at the first contact.
func (s *story) accountDays(people []person) float64 {
	return float64(s.start-people[s.actor].registered) / float64(day)
}

// director gives the policies their actors.
type director struct {
	*Platform
	rng      *rand.Rand
	known    pairs
	surfaces []*Surface // of the harmful policies
	stories  int
}

// cast makes the stories: as many harmful pairs as the prevalence asks for,
// the same number for each policy, and the look-alike pairs likewise.
func (p *Platform) cast(chosen []Policy, known pairs) error {
	d := &director{Platform: p, rng: p.stream(forCast, 0), known: known}
	var harmful, alike []Policy
	for _, one := range chosen {
		if one.Label() == Harmful {
			harmful = append(harmful, one)
		} else {
			alike = append(alike, one)
		}
	}
	models := harmful
	if len(models) == 0 {
		for _, one := range Policies() {
			if one.Label() == Harmful {
				models = append(models, one)
			}
		}
	}
	for _, one := range models {
		surface := one.Conduct().Surface
		d.surfaces = append(d.surfaces, &surface)
	}
	h, l := p.quotas(len(known), len(harmful) > 0)
	if err := d.share(harmful, h); err != nil {
		return err
	}
	return d.share(alike, l)
}

// quotas are how many harmful and look-alike pairs there are to be beside a
// number of ordinary ones.
func (p *Platform) quotas(ordinary int, harmful bool) (h, l int) {
	prevalence := p.options.Prevalence
	of := func(others float64) float64 { return prevalence * others / (1 - prevalence) }
	count := of(float64(ordinary))
	if p.options.Balanced {
		// h = prevalence * (ordinary + 2 h)
		n := int(math.Round(prevalence * float64(ordinary) / (1 - 2*prevalence)))
		return n, n
	}
	l = int(math.Round(min(lookAlikes*count, max(count, float64(ordinary)/20))))
	if harmful {
		h = int(math.Round(of(float64(ordinary + l))))
	}
	return h, l
}

// share gives each policy its part of n pairs, beginning with one drawn by
// chance.
func (d *director) share(policies []Policy, n int) error {
	if len(policies) == 0 {
		return nil
	}
	first := d.rng.IntN(len(policies))
	for i := range policies {
		policy := policies[(first+i)%len(policies)]
		quota := n / len(policies)
		if i < n%len(policies) {
			quota++
		}
		if err := d.fill(policy, quota); err != nil {
			return err
		}
	}
	return nil
}

// fill makes n pairs of a policy.
func (d *director) fill(policy Policy, n int) error {
	conduct := policy.Conduct()
	var families []*family
	for _, f := range d.text.families {
		if policy.Label() == Harmful && f.of == "" || f.of == policy.Name() {
			families = append(families, f)
			if err := f.covers(policy, &conduct); err != nil {
				return err
			}
		}
	}
	if len(families) == 0 {
		return fmt.Errorf("there are no lines for the policy %s", policy.Name())
	}
	for misses := 0; n > 0; {
		made := d.act(policy, &conduct, families[d.rng.IntN(len(families))], n)
		n -= made
		if made > 0 {
			misses = 0
		} else if misses++; misses > 100 {
			return fmt.Errorf("not enough accounts of fitting ages for the policy %s; use more accounts or a lower prevalence", policy.Name())
		}
	}
	return nil
}

// act makes up to n contacts of one actor and says how many.
func (d *director) act(policy Policy, conduct *Conduct, f *family, n int) int {
	surface := &conduct.Surface
	if policy.Label() != Harmful {
		surface = d.surfaces[d.rng.IntN(len(d.surfaces))]
	}
	actor, ok := d.find(conduct.Actor)
	if !ok {
		return 0
	}
	one := &d.people[actor]
	one.policy = policy
	open := d.start + importing
	window := float64(d.end - open)
	length := func() int64 { return int64(min(surface.Days.draw(d.rng)*float64(day), 0.8*window)) }
	longest := length()
	first := open + int64(d.rng.Float64()*(window-float64(longest)))
	d.enrol(one, conduct, first-int64(surface.AccountDays.draw(d.rng)*float64(day)))
	first = max(first, one.registered+5*minute)
	fan := min(conduct.FanOut.whole(d.rng), n)
	made := 0
	for i := range fan {
		other, ok := d.target(conduct, actor)
		if !ok {
			continue
		}
		start, lasts := first, longest
		if i > 0 {
			start = min(first+int64(d.rng.Float64()*float64(longest)), d.end-hour)
			lasts = length()
		}
		s := d.tell(policy, conduct, surface, f, actor, other, start, start+lasts)
		made++
		if conduct.Returns {
			made += d.again(s, n-made)
		}
	}
	return made
}

// again lets an actor come back once or twice with a new account.
func (d *director) again(s *story, n int) int {
	made := 0
	for range min(1+d.rng.IntN(2), n) {
		actor, ok := d.find(s.conduct.Actor)
		registered := s.end + int64(Span{0.5, 20}.draw(d.rng)*float64(hour))
		start := registered + int64(Span{0.1, 6}.draw(d.rng)*float64(hour))
		if !ok || start > d.end-hour || !d.known.add(actor, s.other) {
			break
		}
		one := &d.people[actor]
		one.policy = s.policy
		d.enrol(one, s.conduct, registered)
		one.trueAge = d.people[s.actor].trueAge
		if d.rng.Float64() < 0.7 {
			one.device = d.people[s.actor].device
		}
		s.blocked = true
		lasts := int64(s.surface.Days.draw(d.rng) * float64(day))
		s = d.tell(s.policy, s.conduct, s.surface, s.family, actor, s.other, start, start+lasts)
		s.returned = true
		made++
	}
	return made
}

// tell makes a story in the actor's cluster.
func (d *director) tell(policy Policy, conduct *Conduct, surface *Surface, f *family, actor, other int32, start, end int64) *story {
	d.stories++
	s := &story{
		policy: policy, conduct: conduct, surface: surface, family: f, actor: actor, other: other,
		start: start, end: max(end, start+10*minute), rng: d.stream(forStory, d.stories),
	}
	s.voice = s.rng
	if conduct.Script {
		s.voice = d.stream(forStory, 1<<40+int(actor))
	}
	split := Tuned
	if policy.Held() || f.held {
		split = Held
	}
	s.truth = Pair{Actor: d.ids[actor], Other: d.ids[other], Label: policy.Label(), Policy: policy.Name(), Family: f.name, Split: split}
	c := d.clusterOf(actor)
	s.number = len(c.stories)
	c.stories = append(c.stories, s)
	return s
}

func (p *Platform) clusterOf(account int32) *cluster {
	k := int(account) * len(p.clusters) / len(p.people)
	for account < p.clusters[k].first {
		k--
	}
	for account >= p.clusters[k].last {
		k++
	}
	return p.clusters[k]
}

// find draws an account without a policy whose holder has a fitting age.
func (d *director) find(a Ages) (int32, bool) {
	for range 400 {
		i := int32(d.rng.IntN(len(d.people)))
		if one := &d.people[i]; one.policy == nil && a.has(one.trueAge) {
			return i, true
		}
	}
	return 0, false
}

// target draws a young person whom the actor does not know yet.
func (d *director) target(conduct *Conduct, actor int32) (int32, bool) {
	from, to := int32(0), int32(len(d.people))
	if conduct.Near {
		c := d.clusterOf(actor)
		from, to = c.first, c.last
	}
	age := int(d.people[actor].trueAge)
	for range 400 {
		i := from + int32(d.rng.IntN(int(to-from)))
		one := &d.people[i]
		gap := age - int(one.trueAge)
		if one.policy == nil && conduct.Target.has(one.trueAge) && one.registered < d.start &&
			(conduct.MaxGap == 0 || max(gap, -gap) <= int(conduct.MaxGap)) && d.known.add(actor, i) {
			return i, true
		}
	}
	return 0, false
}

// enrol fixes when an actor's account began and what age it states.
func (d *director) enrol(one *person, conduct *Conduct, registered int64) {
	if registered >= d.start && registered < d.start+importing {
		registered = d.start - hour
	}
	one.registered = max(registered, d.start-maxAccountAge+day)
	x := d.rng.Float64()
	switch {
	case conduct.Stating == AsIs:
		return
	case x < 0.15:
		one.state(d.rng, 0)
	case x < 0.85 && conduct.Stating == AsYoung:
		one.state(d.rng, 14+uint8(d.rng.IntN(4)))
	case x < 0.85:
		one.state(d.rng, adultAge+uint8(d.rng.IntN(12)))
	}
	if one.method == event.Verification { // nobody who lies about their age has it verified
		one.method, one.lower, one.upper = event.SelfDeclared, one.stated, one.stated
		if one.stated == 0 {
			one.method = event.MethodUnknown
		}
	}
}

// covers checks that the family has a line for every signal of a policy.
func (f *family) covers(policy Policy, conduct *Conduct) error {
	codes := append([]string{}, conduct.Harm...)
	for _, stage := range append([]Stage{{Signals: conduct.After}}, conduct.Stages...) {
		for _, chance := range stage.Signals {
			codes = append(codes, chance.Code)
		}
	}
	for _, code := range codes {
		if len(f.lines[code]) == 0 {
			return fmt.Errorf("the lines of family %s have none for %s, which the policy %s uses", f.name, code, policy.Name())
		}
	}
	return nil
}
