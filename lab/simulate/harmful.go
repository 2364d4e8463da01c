package simulate

// The harmful policies. Their parameters are this project's own starting
// values, after the conduct that published work and reports of hotlines
// describe (../shared/research/detection.md, sections 3, 4.2 and 7): they are
// not estimates of anything.

// SlowTrust builds trust over weeks before anything is asked.
type SlowTrust struct{}

// Name is the word in the truth.
func (SlowTrust) Name() string { return "slow_trust" }

// Label is Harmful.
func (SlowTrust) Label() Label { return Harmful }

// Held is false.
func (SlowTrust) Held() bool { return false }

// Conduct are the parameters.
func (SlowTrust) Conduct() Conduct {
	return Conduct{
		Actor: Ages{25, 60}, Target: Ages{10, 15}, Stating: AsIs, FanOut: Span{1, 3},
		Surface: Surface{AccountDays: Span{20, 700}, Days: Span{9, 24}, Messages: Span{60, 200}, Gifts: Span{0, 1}, Rooms: Span{1, 2}, Night: 0.3, Openings: []Opening{ByRequest, ByRoom, ByGame}, Calls: 0.2},
		Stages: []Stage{
			{"access", 0.25, []Chance{{"A01", 0.6}, {"A02", 0.5}, {"B01", 0.6}, {"A06", 0.3}}},
			{"trust", 0.3, []Chance{{"A06", 0.5}, {"B01", 0.5}, {"B02", 0.7}, {"B04", 0.6}, {"B05", 0.2}}},
			{"isolation", 0.25, []Chance{{"A04", 0.6}, {"C04", 0.7}, {"C05", 0.35}, {"C06", 0.5}, {"C07", 0.4}, {"C01", 0.4}}},
			{"testing", 0.15, []Chance{{"D01", 0.3}, {"D07", 0.5}, {"D09", 0.3}, {"D03", 0.4}, {"D06", 0.3}, {"E01", 0.6}}},
		},
		Harm: []string{"E02", "E02", "E03"}, Blocked: 0.015, Reported: 0.3,
	}
}

// FastExtortion goes from a first message to a threat within days.
type FastExtortion struct{}

// Name is the word in the truth.
func (FastExtortion) Name() string { return "fast_extortion" }

// Label is Harmful.
func (FastExtortion) Label() Label { return Harmful }

// Held is false.
func (FastExtortion) Held() bool { return false }

// Conduct are the parameters.
func (FastExtortion) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 45}, Target: Ages{13, 17}, Stating: AsYoung, FanOut: Span{3, 8},
		Surface: Surface{AccountDays: Span{0.2, 30}, Days: Span{0.2, 3}, Messages: Span{16, 60}, Gifts: Span{0, 0}, Rooms: Span{1, 2}, Night: 0.6, Openings: []Opening{ByRequest, ByMessage}, Calls: 0.2},
		Stages: []Stage{
			{"access", 0.35, []Chance{{"A07", 0.6}, {"B01", 0.7}, {"B08", 0.4}, {"A01", 0.3}}},
			{"testing", 0.4, []Chance{{"C01", 0.6}, {"D07", 0.7}, {"D09", 0.4}, {"D03", 0.3}, {"D05", 0.2}}},
		},
		Harm: []string{"F01", "F01", "F04"}, After: []Chance{{"F02", 0.7}, {"F03", 0.6}, {"G01", 0.3}}, Blocked: 0.03, Reported: 0.3,
	}
}

// ScriptFarm writes the same lines to many.
type ScriptFarm struct{}

// Name is the word in the truth.
func (ScriptFarm) Name() string { return "script_farm" }

// Label is Harmful.
func (ScriptFarm) Label() Label { return Harmful }

// Held is false.
func (ScriptFarm) Held() bool { return false }

// Conduct are the parameters.
func (ScriptFarm) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 45}, Target: Ages{13, 17}, Stating: AsYoung, FanOut: Span{12, 40}, Script: true,
		Surface: Surface{AccountDays: Span{0.1, 20}, Days: Span{0.1, 3}, Messages: Span{8, 30}, Gifts: Span{0, 0}, Rooms: Span{1, 2}, Night: 0.4, Openings: []Opening{ByRequest, ByMessage}, Calls: 0.05},
		Stages: []Stage{
			{"access", 0.4, []Chance{{"A01", 0.5}, {"B01", 0.8}, {"B08", 0.3}}},
			{"testing", 0.4, []Chance{{"C01", 0.8}, {"D07", 0.6}, {"B05", 0.3}, {"F03", 0.2}}},
		},
		Harm: []string{"F01", "F04"}, After: []Chance{{"F02", 0.8}, {"F03", 0.5}}, Blocked: 0.06, Reported: 0.3,
	}
}

// GamerGifter begins in a game and gives things away.
type GamerGifter struct{}

// Name is the word in the truth.
func (GamerGifter) Name() string { return "gamer_gifter" }

// Label is Harmful.
func (GamerGifter) Label() Label { return Harmful }

// Held is false.
func (GamerGifter) Held() bool { return false }

// Conduct are the parameters.
func (GamerGifter) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 40}, Target: Ages{10, 15}, Stating: AsAnyAdult, FanOut: Span{2, 6},
		Surface: Surface{AccountDays: Span{5, 500}, Days: Span{3, 14}, Messages: Span{40, 150}, Gifts: Span{1, 5}, Rooms: Span{1, 2}, Night: 0.3, Openings: []Opening{ByGame}, Calls: 0.4},
		Stages: []Stage{
			{"access", 0.3, []Chance{{"A01", 0.5}, {"B05", 0.8}, {"B01", 0.4}, {"A02", 0.3}}},
			{"isolation", 0.35, []Chance{{"C01", 0.6}, {"B06", 0.5}, {"C04", 0.6}, {"A04", 0.5}, {"A05", 0.3}, {"C08", 0.3}}},
			{"testing", 0.25, []Chance{{"D07", 0.6}, {"D09", 0.5}, {"B06", 0.5}, {"D03", 0.4}, {"D05", 0.3}, {"E01", 0.4}}},
		},
		Harm: []string{"E02", "F01"}, Blocked: 0.02, Reported: 0.3,
	}
}

// RoomFollower turns up wherever the other is, and then moves to private.
type RoomFollower struct{}

// Name is the word in the truth.
func (RoomFollower) Name() string { return "room_follower" }

// Label is Harmful.
func (RoomFollower) Label() Label { return Harmful }

// Held is false.
func (RoomFollower) Held() bool { return false }

// Conduct are the parameters.
func (RoomFollower) Conduct() Conduct {
	return Conduct{
		Actor: Ages{20, 60}, Target: Ages{11, 16}, Stating: AsAnyAdult, FanOut: Span{1, 4},
		Surface: Surface{AccountDays: Span{3, 300}, Days: Span{3, 15}, Messages: Span{30, 120}, Gifts: Span{0, 1}, Rooms: Span{3, 5}, Night: 0.4, Openings: []Opening{ByRoom}, Calls: 0.2},
		Stages: []Stage{
			{"access", 0.3, []Chance{{"B01", 0.6}, {"A02", 0.5}, {"A01", 0.4}}},
			{"isolation", 0.35, []Chance{{"A04", 0.5}, {"B02", 0.5}, {"B04", 0.4}, {"C04", 0.6}, {"C07", 0.3}, {"D04", 0.2}}},
			{"testing", 0.25, []Chance{{"D07", 0.5}, {"E01", 0.6}, {"C01", 0.5}, {"A03", 0.3}, {"D03", 0.3}}},
		},
		Harm: []string{"E02", "E02", "E03"}, Blocked: 0.03, Reported: 0.35,
	}
}

// AccountCycler comes back with a new account when blocked. It is held.
type AccountCycler struct{}

// Name is the word in the truth.
func (AccountCycler) Name() string { return "account_cycler" }

// Label is Harmful.
func (AccountCycler) Label() Label { return Harmful }

// Held is true.
func (AccountCycler) Held() bool { return true }

// Conduct are the parameters.
func (AccountCycler) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 50}, Target: Ages{12, 17}, Stating: AsYoung, FanOut: Span{1, 2}, Returns: true,
		Surface: Surface{AccountDays: Span{0.1, 10}, Days: Span{1, 6}, Messages: Span{20, 70}, Gifts: Span{0, 1}, Rooms: Span{1, 2}, Night: 0.5, Openings: []Opening{ByRequest, ByMessage}, Calls: 0.1},
		Stages: []Stage{
			{"access", 0.3, []Chance{{"A01", 0.4}, {"B08", 0.4}, {"B01", 0.5}}},
			{"isolation", 0.4, []Chance{{"D03", 0.6}, {"C01", 0.5}, {"C07", 0.5}, {"G01", 0.2}, {"C04", 0.5}}},
			{"testing", 0.2, []Chance{{"D07", 0.5}, {"E01", 0.5}, {"D06", 0.3}}},
		},
		Harm: []string{"E02", "F01"}, Blocked: 0.12, Reported: 0.3,
	}
}

// AuthorityPersona claims to be staff, a scout or an agent. It is held.
type AuthorityPersona struct{}

// Name is the word in the truth.
func (AuthorityPersona) Name() string { return "authority_persona" }

// Label is Harmful.
func (AuthorityPersona) Label() Label { return Harmful }

// Held is true.
func (AuthorityPersona) Held() bool { return true }

// Conduct are the parameters.
func (AuthorityPersona) Conduct() Conduct {
	return Conduct{
		Actor: Ages{22, 60}, Target: Ages{11, 17}, Stating: AsAnyAdult, FanOut: Span{2, 8},
		Surface: Surface{AccountDays: Span{1, 120}, Days: Span{1, 9}, Messages: Span{24, 90}, Gifts: Span{0, 1}, Rooms: Span{1, 2}, Night: 0.2, Openings: []Opening{ByMessage, ByRequest}, Calls: 0.2},
		Stages: []Stage{
			{"access", 0.3, []Chance{{"A08", 0.95}, {"B07", 0.7}, {"A01", 0.4}, {"B01", 0.3}}},
			{"isolation", 0.35, []Chance{{"C04", 0.5}, {"C01", 0.6}, {"C08", 0.3}, {"A05", 0.4}, {"C06", 0.2}}},
			{"testing", 0.25, []Chance{{"D07", 0.7}, {"F03", 0.4}, {"E01", 0.5}, {"D06", 0.3}}},
		},
		Harm: []string{"E02", "E03", "F04"}, Blocked: 0.03, Reported: 0.4,
	}
}
