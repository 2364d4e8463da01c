package docket

import "slices"

// Move is what may be done, from which stages, and what it wants. The table of
// moves is the state machine; what a move asks beyond its stage is checked in
// the functions of the same files.
type Move struct {
	Kind  Kind      `json:"kind"`
	Paper PaperKind `json:"paper,omitempty"` // of the events about papers
	From  []Stage   `json:"from"`            // empty: every stage
	To    Stage     `json:"to,omitempty"`    // "": stays, or follows from what is left to do
	Wants []string  `json:"wants,omitempty"` // fields of the event
	Two   bool      `json:"two,omitempty"`   // a second person must agree
	Law   string    `json:"law,omitempty"`   // section of the Act
	Title string    `json:"title"`
}

// The stretches of a case's life.
var (
	early    = []Stage{Monitoring, InformationDraft, InformationIssued, InformationFailed, Answered}
	inquiry  = append(slices.Clone(early), Assessing, Investigating, Provisional, Representing)
	decided  = []Stage{StepsMonitored, PenaltyDue, DailyPenalty}
	running  = append(slices.Clone(decided), Disruption, OnAppeal)
	after    = append(slices.Clone(running), Complied)
	ending   = []Stage{NoAction, Complied, Disruption}
	notEnded = append(append(slices.Clone(inquiry), Confirmed, NoAction), after...)
	every    = append(slices.Clone(notEnded), Closed)
)

// Moves are all of them: the state machine as data.
func Moves() []Move {
	return []Move{
		{Kind: CaseOpened, To: Monitoring, Wants: []string{"service", "provider", "title"}, Title: "Open a case"},

		{Kind: PaperDrafted, Paper: InformationNotice, From: append(slices.Clone(inquiry), append([]Stage{Confirmed}, decided...)...), Wants: []string{"asks", "why", "due"}, Law: "s.100", Title: "Draft an information notice"},
		{Kind: PaperIssued, Paper: InformationNotice, From: notEnded, Law: "s.100", Title: "Issue the information notice"},
		{Kind: PaperServed, Paper: InformationNotice, From: notEnded, Law: "s.208", Title: "Record that the information notice was served"},
		{Kind: InformationAnswered, From: notEnded, Wants: []string{"of", "text"}, Law: "s.102", Title: "Record a complete answer"},
		{Kind: InformationRefused, From: notEnded, Wants: []string{"of", "text", "one failure"}, Law: "s.102(8)", Title: "Record that the notice was not complied with"},
		{Kind: AssessmentBegun, From: []Stage{Monitoring, InformationFailed, Answered}, To: Assessing, Wants: []string{"text"}, Title: "Begin the initial assessment"},
		{Kind: InvestigationOpened, From: []Stage{Assessing}, To: Investigating, Wants: []string{"text", "a failure"}, Title: "Open an investigation"},
		{Kind: FailureAdded, From: []Stage{Assessing, Investigating}, Wants: []string{"failures"}, Law: "s.131", Title: "Add a suspected failure"},
		{Kind: FailureEnded, From: notEnded, Wants: []string{"of", "until", "text"}, Title: "Record that a failure has ended"},

		{Kind: PaperDrafted, Paper: ProvisionalNotice, From: []Stage{Investigating}, Wants: []string{"failures", "reasons", "working_days"}, Law: "s.130", Title: "Draft a provisional notice of contravention"},
		{Kind: PaperIssued, Paper: ProvisionalNotice, From: []Stage{Investigating}, To: Provisional, Two: true, Law: "s.130", Title: "Issue the provisional notice"},
		{Kind: PaperServed, Paper: ProvisionalNotice, From: []Stage{Provisional}, To: Representing, Law: "s.130", Title: "Record that the provisional notice was served"},
		{Kind: PaperDrafted, Paper: PenaltyNotice, From: decided, Wants: []string{"missed", "reasons", "working_days"}, Law: "s.139", Title: "Draft a notice of a further penalty"},
		{Kind: PaperIssued, Paper: PenaltyNotice, From: decided, To: Provisional, Two: true, Law: "s.139", Title: "Issue the notice of a further penalty"},
		{Kind: PaperServed, Paper: PenaltyNotice, From: []Stage{Provisional}, To: Representing, Law: "s.139", Title: "Record that the notice of a further penalty was served"},
		{Kind: RepresentationMade, From: []Stage{Representing}, Wants: []string{"text"}, Law: "s.130", Title: "Record representations"},
		{Kind: PeriodExtended, From: []Stage{Representing}, Wants: []string{"until", "text"}, Law: "s.130", Title: "Extend the period"},
		{Kind: PeriodWaived, From: []Stage{Representing}, Wants: []string{"text"}, Law: "s.130", Title: "Record that no more representations will come"},
		{Kind: NoActionTaken, From: []Stage{Assessing, Investigating, Representing}, To: NoAction, Wants: []string{"text"}, Law: "s.132", Title: "Take no action"},

		{Kind: PaperDrafted, Paper: ConfirmationPaper, From: []Stage{Representing}, Wants: []string{"findings or a penalty", "appeal", "consequences"}, Law: "s.133", Title: "Draft a confirmation decision"},
		{Kind: PaperIssued, Paper: ConfirmationPaper, From: []Stage{Representing}, To: Confirmed, Two: true, Law: "s.132", Title: "Issue the confirmation decision"},
		{Kind: PaperServed, Paper: ConfirmationPaper, From: []Stage{Confirmed}, Law: "s.132", Title: "Record that the decision was served"},

		{Kind: StepDone, From: after, Wants: []string{"of", "text"}, Law: "s.133", Title: "Record that a step was done"},
		{Kind: StepFailed, From: running, Wants: []string{"of", "text"}, Law: "s.138", Title: "Find that a step was not done in time"},
		{Kind: StepExtended, From: running, Wants: []string{"of", "until", "text"}, Law: "s.133", Title: "Extend a step's deadline"},
		{Kind: StepTakenBack, From: running, Wants: []string{"of", "text"}, Law: "s.133", Title: "Take a step back"},
		{Kind: DailyStarted, From: append(slices.Clone(decided), Disruption), Wants: []string{"of", "text"}, Law: "s.137", Title: "Find that a daily penalty accrues"},
		{Kind: DailyEnded, From: after, Wants: []string{"of", "until", "text"}, Law: "s.137", Title: "End a daily penalty"},
		{Kind: PenaltyPaid, From: after, Wants: []string{"of", "amount"}, Law: "Sch.13", Title: "Record a payment"},
		{Kind: PenaltyRecovered, From: after, Wants: []string{"of", "text"}, Law: "s.141", Title: "Leave a penalty to be recovered as a debt"},
		{Kind: ComplianceFound, From: append(slices.Clone(decided), Disruption), To: Complied, Wants: []string{"text"}, Title: "Find that the provider complies"},

		{Kind: PaperDrafted, Paper: OrderApplication, From: append([]Stage{Investigating, Disruption}, decided...), Wants: []string{"order", "failures", "limb", "reasons", "targets"}, Law: "s.144", Title: "Draft an application to the court"},
		{Kind: PaperIssued, Paper: OrderApplication, From: append([]Stage{Investigating, Disruption}, decided...), Two: true, Law: "s.144", Title: "Approve the application"},
		{Kind: PaperServed, Paper: OrderApplication, From: append([]Stage{Investigating, Disruption}, decided...), To: Disruption, Law: "s.144", Title: "Record that the application was made"},
		{Kind: OrderDecided, From: []Stage{Disruption}, Wants: []string{"of", "outcome", "text"}, Law: "s.144", Title: "Record what the court decided"},
		{Kind: OrderLifted, From: []Stage{Disruption}, Wants: []string{"of", "text"}, Law: "s.144", Title: "Record that an order has ended"},

		{Kind: AppealMade, From: append([]Stage{NoAction, Complied, Disruption}, decided...), To: OnAppeal, Wants: []string{"text"}, Law: "s.168", Title: "Record an appeal"},
		{Kind: AppealDecided, From: []Stage{OnAppeal}, Wants: []string{"of", "outcome", "text"}, Law: "s.168", Title: "Record how the appeal ended"},

		{Kind: PaperDrafted, Paper: ClosureNotice, From: ending, Wants: []string{"reasons"}, Title: "Draft a closure notice"},
		{Kind: PaperIssued, Paper: ClosureNotice, From: ending, Title: "Issue the closure notice"},
		{Kind: PaperServed, Paper: ClosureNotice, From: ending, Title: "Record that the closure notice was served"},
		{Kind: CaseClosed, From: ending, To: Closed, Wants: []string{"text"}, Title: "Close the case"},

		{Kind: PaperPublished, From: every, Wants: []string{"of"}, Law: "s.149", Title: "Record that a paper was published"},
		{Kind: PaperWithdrawn, From: notEnded, Wants: []string{"of", "text"}, Title: "Withdraw a paper"},
		{Kind: NoteAdded, From: every, Wants: []string{"text"}, Title: "Add a note"},
		{Kind: EventCorrected, From: every, Wants: []string{"target", "instead", "text"}, Title: "Correct an entry"},
		{Kind: EventVoided, From: every, Wants: []string{"target", "text"}, Title: "Void an entry"},
	}
}

// move is the one of a kind of event, and of paper where it has one.
func move(k Kind, p PaperKind) (Move, bool) {
	for _, m := range Moves() {
		if m.Kind == k && (m.Paper == p || m.Paper == "") {
			return m, true
		}
	}
	return Move{}, false
}

// Possible are the moves that a case's stage allows. What else a move asks is
// only known once it is tried.
func (c *Case) Possible() []Move {
	var out []Move
	for _, m := range Moves() {
		if slices.Contains(m.From, c.Stage) && c.hasPaperFor(m) {
			out = append(out, m)
		}
	}
	return out
}

// hasPaperFor reports whether a paper lies ready for a move about papers.
func (c *Case) hasPaperFor(m Move) bool {
	ready := func(kind PaperKind, states ...PaperState) bool {
		return slices.ContainsFunc(c.Papers, func(p Paper) bool {
			return (kind == "" || p.Kind == kind) && slices.Contains(states, p.State)
		})
	}
	switch m.Kind {
	case PaperIssued:
		return ready(m.Paper, Draft)
	case PaperServed:
		return ready(m.Paper, Issued)
	case PaperPublished:
		return ready("", Served)
	case PaperWithdrawn:
		return ready("", Draft, Issued, Served, Published)
	case InformationAnswered, InformationRefused:
		return slices.ContainsFunc(c.Papers, func(p Paper) bool { return p.awaited() })
	}
	return true
}

// awaited reports whether an information notice waits for its answer.
func (p *Paper) awaited() bool {
	return p.Kind == InformationNotice && (p.State == Served || p.State == Published) && p.Outcome != OutcomeAnswered
}
