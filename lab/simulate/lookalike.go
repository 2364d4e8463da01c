package simulate

import "rowan/event"

// The look-alikes: harmless policies whose surface is that of the harmful ones,
// and whose lines resemble signals. Their parameters are this project's own.

// Streamer talks with a large and young audience.
type Streamer struct{}

// Name is the word in the truth.
func (Streamer) Name() string { return "streamer" }

// Label is LookAlike.
func (Streamer) Label() Label { return LookAlike }

// Held is false.
func (Streamer) Held() bool { return false }

// Conduct are the parameters.
func (Streamer) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 32}, Target: Ages{11, 17}, FanOut: Span{10, 30},
		Stages: []Stage{
			{"hello", 0.4, []Chance{{"B01", 0.4}, {"A01", 0.2}}},
			{"show", 0.4, []Chance{{"B05", 0.3}, {"C01", 0.5}, {"D05", 0.3}, {"F03", 0.3}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// Coach trains a team and arranges its matches.
type Coach struct{}

// Name is the word in the truth.
func (Coach) Name() string { return "coach" }

// Label is LookAlike.
func (Coach) Label() Label { return LookAlike }

// Held is false.
func (Coach) Held() bool { return false }

// Conduct are the parameters.
func (Coach) Conduct() Conduct {
	return Conduct{
		Actor: Ages{22, 60}, Target: Ages{10, 16}, Near: true, Tie: 0.4, Relation: event.School, FanOut: Span{4, 14},
		Stages: []Stage{
			{"practice", 0.5, []Chance{{"A08", 0.4}, {"B01", 0.5}, {"A01", 0.3}}},
			{"match", 0.4, []Chance{{"E02", 0.7}, {"E03", 0.2}, {"D01", 0.3}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// OlderSibling looks after a younger brother or sister.
type OlderSibling struct{}

// Name is the word in the truth.
func (OlderSibling) Name() string { return "older_sibling" }

// Label is LookAlike.
func (OlderSibling) Label() Label { return LookAlike }

// Held is false.
func (OlderSibling) Held() bool { return false }

// Conduct are the parameters.
func (OlderSibling) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 27}, Target: Ages{10, 16}, Near: true, Tie: 0.4, Relation: event.Family, FanOut: Span{1, 2},
		Stages: []Stage{
			{"home", 0.5, []Chance{{"A04", 0.6}, {"B09", 0.3}, {"C06", 0.2}}},
			{"errands", 0.4, []Chance{{"E02", 0.5}, {"B05", 0.3}, {"C04", 0.3}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// MatchMaker finds players for teams in a game.
type MatchMaker struct{}

// Name is the word in the truth.
func (MatchMaker) Name() string { return "match_maker" }

// Label is LookAlike.
func (MatchMaker) Label() Label { return LookAlike }

// Held is false.
func (MatchMaker) Held() bool { return false }

// Conduct are the parameters.
func (MatchMaker) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 40}, Target: Ages{12, 17}, FanOut: Span{5, 20},
		Stages: []Stage{
			{"search", 0.5, []Chance{{"A01", 0.5}, {"A02", 0.4}, {"C01", 0.4}}},
			{"team", 0.4, []Chance{{"D09", 0.4}, {"F03", 0.3}, {"B07", 0.3}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// Trader swaps and gives away things of a game.
type Trader struct{}

// Name is the word in the truth.
func (Trader) Name() string { return "trader" }

// Label is LookAlike.
func (Trader) Label() Label { return LookAlike }

// Held is false.
func (Trader) Held() bool { return false }

// Conduct are the parameters.
func (Trader) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 40}, Target: Ages{11, 17}, FanOut: Span{4, 15},
		Stages: []Stage{
			{"offer", 0.5, []Chance{{"B05", 0.8}, {"C01", 0.3}}},
			{"deal", 0.4, []Chance{{"B06", 0.5}, {"F02", 0.3}, {"F03", 0.3}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// Recruiter offers places in courses, clubs and weekend jobs. It is held.
type Recruiter struct{}

// Name is the word in the truth.
func (Recruiter) Name() string { return "recruiter" }

// Label is LookAlike.
func (Recruiter) Label() Label { return LookAlike }

// Held is true.
func (Recruiter) Held() bool { return true }

// Conduct are the parameters.
func (Recruiter) Conduct() Conduct {
	return Conduct{
		Actor: Ages{24, 60}, Target: Ages{15, 17}, FanOut: Span{4, 15},
		Stages: []Stage{
			{"offer", 0.5, []Chance{{"A08", 0.7}, {"B07", 0.6}, {"A01", 0.3}}},
			{"interview", 0.4, []Chance{{"E01", 0.4}, {"E02", 0.4}, {"C01", 0.3}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// SupportMentor listens to young people in a support group. It is held.
type SupportMentor struct{}

// Name is the word in the truth.
func (SupportMentor) Name() string { return "support_mentor" }

// Label is LookAlike.
func (SupportMentor) Label() Label { return LookAlike }

// Held is true.
func (SupportMentor) Held() bool { return true }

// Conduct are the parameters.
func (SupportMentor) Conduct() Conduct {
	return Conduct{
		Actor: Ages{25, 60}, Target: Ages{12, 17}, FanOut: Span{2, 8},
		Stages: []Stage{
			{"listening", 0.5, []Chance{{"A06", 0.7}, {"B09", 0.6}, {"B04", 0.2}}},
			{"help", 0.4, []Chance{{"A08", 0.4}, {"A04", 0.3}, {"C04", 0.2}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// TeenCouple is two young people of like age who are fond of each other.
type TeenCouple struct{}

// Name is the word in the truth.
func (TeenCouple) Name() string { return "teen_couple" }

// Label is LookAlike.
func (TeenCouple) Label() Label { return LookAlike }

// Held is false.
func (TeenCouple) Held() bool { return false }

// Conduct are the parameters.
func (TeenCouple) Conduct() Conduct {
	return Conduct{
		Actor: Ages{14, 17}, Target: Ages{14, 17}, MaxGap: 2, Near: true, FanOut: Span{1, 1},
		Stages: []Stage{
			{"liking", 0.4, []Chance{{"B01", 0.7}, {"B08", 0.7}, {"B02", 0.3}}},
			{"dates", 0.5, []Chance{{"D07", 0.5}, {"E01", 0.7}, {"C07", 0.3}, {"E02", 0.4}, {"C04", 0.2}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// NewUser has just arrived and writes to many.
type NewUser struct{}

// Name is the word in the truth.
func (NewUser) Name() string { return "new_user" }

// Label is LookAlike.
func (NewUser) Label() Label { return LookAlike }

// Held is false.
func (NewUser) Held() bool { return false }

// Conduct are the parameters.
func (NewUser) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 45}, Target: Ages{12, 17}, FanOut: Span{4, 15},
		Stages: []Stage{
			{"hello", 0.5, []Chance{{"A01", 0.4}, {"A02", 0.4}, {"B01", 0.3}}},
			{"asking", 0.4, []Chance{{"D01", 0.4}, {"C01", 0.3}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// Tutor teaches one pupil at a time. It is held.
type Tutor struct{}

// Name is the word in the truth.
func (Tutor) Name() string { return "tutor" }

// Label is LookAlike.
func (Tutor) Label() Label { return LookAlike }

// Held is true.
func (Tutor) Held() bool { return true }

// Conduct are the parameters.
func (Tutor) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 60}, Target: Ages{11, 17}, Tie: 0.2, Relation: event.School, FanOut: Span{2, 8},
		Stages: []Stage{
			{"lesson", 0.5, []Chance{{"A01", 0.6}, {"B01", 0.5}, {"A08", 0.3}}},
			{"plan", 0.4, []Chance{{"D09", 0.5}, {"D07", 0.2}, {"E02", 0.3}, {"F03", 0.2}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// SurpriseParty plans a surprise that nobody must hear of. It is held.
type SurpriseParty struct{}

// Name is the word in the truth.
func (SurpriseParty) Name() string { return "surprise_party" }

// Label is LookAlike.
func (SurpriseParty) Label() Label { return LookAlike }

// Held is true.
func (SurpriseParty) Held() bool { return true }

// Conduct are the parameters.
func (SurpriseParty) Conduct() Conduct {
	return Conduct{
		Actor: Ages{18, 50}, Target: Ages{10, 17}, Near: true, Tie: 0.3, Relation: event.Family, FanOut: Span{1, 6},
		Stages: []Stage{
			{"plan", 0.5, []Chance{{"C04", 0.9}, {"E02", 0.5}, {"A04", 0.3}}},
			{"gifts", 0.4, []Chance{{"B05", 0.4}, {"C05", 0.4}, {"D01", 0.4}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}

// SafetyLesson teaches how to stay safe online, and quotes warnings.
type SafetyLesson struct{}

// Name is the word in the truth.
func (SafetyLesson) Name() string { return "safety_lesson" }

// Label is LookAlike.
func (SafetyLesson) Label() Label { return LookAlike }

// Held is false.
func (SafetyLesson) Held() bool { return false }

// Conduct are the parameters.
func (SafetyLesson) Conduct() Conduct {
	return Conduct{
		Actor: Ages{22, 60}, Target: Ages{10, 17}, Tie: 0.2, Relation: event.School, FanOut: Span{3, 12},
		Stages: []Stage{
			{"warning", 0.5, []Chance{{"C04", 0.5}, {"D07", 0.4}, {"F01", 0.4}, {"C01", 0.4}}},
			{"advice", 0.4, []Chance{{"P06", 0.6}, {"A04", 0.3}, {"F02", 0.2}}},
		},
		Blocked: 0.02, Reported: 0.2,
	}
}
