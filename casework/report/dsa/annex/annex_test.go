package annex_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowan/casework/report/dsa"
	"rowan/casework/report/dsa/annex"
)

var update = flag.Bool("update", false, "write the golden files anew")

func day(year int, month time.Month, d int) dsa.Date {
	return dsa.On(time.Date(year, month, d, 12, 0, 0, 0, time.UTC))
}

func report() *annex.Report {
	precision, staff := 0.94, 12
	statement := func(account, provision string) dsa.Statement {
		return dsa.Statement{
			DecisionAccount: account, DecisionProvision: provision, DecisionGround: dsa.GroundIncompatible,
			Category: dsa.CategoryMinors, CategorySpecification: []string{dsa.KeywordGrooming}, ApplicationDate: day(2026, 8, 3),
			SourceType: dsa.SourceVoluntary, AutomatedDetection: "Yes", AutomatedDecision: dsa.DecisionByPeople,
		}
	}
	received := time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)
	return &annex.Report{
		Provider: "Chat Ltd", Service: "Chat", Period: dsa.Period{From: day(2026, 7, 1), To: day(2026, 12, 31)}, Published: day(2027, 2, 20),
		Statements: []dsa.Statement{statement(dsa.AccountSuspended, ""), statement("", dsa.ProvisionPartialSuspension), statement(dsa.AccountSuspended, "")},
		Complaints: []dsa.Complaint{{Received: received, Decided: received.Add(30 * time.Hour), Outcome: dsa.Reversed, About: dsa.AboutAccount}},
		Means:      dsa.Means{Precision: &precision, Context: "decisions of people on cases that a rule had a part in"},
		Staff:      &staff, Answers: map[string]string{"safeguards": "A person decides, and two people where it is grave."},
	}
}

func tables(t *testing.T, r *annex.Report) map[string]string {
	t.Helper()
	all, err := r.Tables()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, table := range all {
		var b bytes.Buffer
		if err := table.Write(&b); err != nil {
			t.Fatal(err)
		}
		out[table.Name] = b.String()
		for i, row := range table.Rows {
			if len(row) != len(table.Rows[0]) {
				t.Errorf("%s: row %d has %d cells, of %d", table.Name, i, len(row), len(table.Rows[0]))
			}
		}
	}
	return out
}

func TestThereAreElevenTables(t *testing.T) {
	got := tables(t, report())
	if len(got) != 11 {
		t.Errorf("there are %d", len(got))
	}
	for name, text := range got {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; run the test with -update and review the file", err)
		}
		if text != string(want) {
			t.Errorf("%s differs; if that is meant, run the test with -update and review the file", name)
		}
	}
}

// The first lines of the Commission's own templates (Annex I, read at
// johnou/dsa-transparency-report-generator@338c3d5), where Rowan puts them
// together from parts.
func TestFirstLinesAreThoseOfTheTemplate(t *testing.T) {
	got := tables(t, report())
	for name, want := range map[string]string{
		"3_member_states_orders.csv": `Applicability,Service,Reporting period,Category of illegal content,"Description of the sub-category ""Other""",Scope,Number of orders to act against illegal content received,Number of specific items of information included in the total number of orders to act against illegal content,Median time to inform the authority of the receipt of the order to act against illegal content,Median time to give effect to the order to act against illegal content,Number of orders to provide information,Median time to inform the authority of the receipt of the order to provide information,Median time to give effect to the order to provide information,Contextual information on number of orders to act against illegal content received,Contextual information on number of specific items of information included in the total number of orders to act against illegal content,Contextual information on Median time to inform the authority of the receipt of the order to act against illegal content,Contextual information on Median time to give effect to the order to act against illegal content,Contextual information on Number of orders to provide information,Contextual information on Median time to inform the authority of the receipt of the order to provide information,Contextual information on Median time to give effect to the order to provide information`,
		"4_notices.csv":              `Applicability,Service,Reporting period,Category of illegal content,"Description of the sub-category ""Other""",Number of notices received ,Number of notices received from Trusted flaggers,Number of specific items of information included in the total number of notices,Number of specific items of information included in the total number of notices by Trusted Flaggers (Trusted Flagger notices),Median time to take action,Median time to take action (Trusted Flagger notices),Number of actions taken on the basis of the law,Number of actions taken on the basis of the law (Trusted Flagger notices),Number of actions taken on the basis of the terms and conditions of the service,Number of actions taken on the basis of the terms and conditions of the service (Trusted Flagger notices),Contextual information on Number of notices received ,Contextual information on Number of notices received from Trusted flaggers,Contextual information on Number of specific items of information included in the total number of notices,Contextual information on Number of specific items of information included in the total number of notices by Trusted Flaggers (Trusted Flagger notices),Contextual information on Median time to take action,Contextual information on Median time to take action (Trusted Flagger notices),Contextual information on Number of actions taken on the basis of the law,Contextual information on Number of actions taken on the basis of the law (Trusted Flagger notices),Contextual information on Number of actions taken on the basis of the terms and conditions of the service,Contextual information on Number of actions taken on the basis of the terms and conditions of the service (Trusted Flagger notices)`,
		"9_human_resources.csv":      "Applicability,Service,Reporting period,Section,Indicator,Scope,Value,Contextual information",
		"10_AMAR.csv":                "Applicability,Service,Reporting period,Section,Indicator,Scope,Value",
		"11_qualitative.csv":         "Applicability,Service,Reporting period,Indicator,Value",
	} {
		if line, _, _ := strings.Cut(got[name], "\n"); line != want {
			t.Errorf("%s begins\n%s\nwant\n%s", name, line, want)
		}
	}
}

func TestWhatIsNotHeldIsEmptyAndNotZero(t *testing.T) {
	got := tables(t, report())
	for name, want := range map[string][]string{
		"4_notices.csv": {`"Only for providers of hosting services, including online platforms",Chat,2026-07-01/2026-12-31,KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS` + strings.Repeat(",", 21) + "\n"},
		"6_own_initiative_TC.csv": {
			"All,Chat,2026-07-01/2026-12-31,KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS,,3,3,0,0,0,0,0,0,0,0,0,0,1,0,2,0" + strings.Repeat(",", 16) + "\n",
			"All,Chat,2026-07-01/2026-12-31,TOTAL" + strings.Repeat(",", 33) + "\n",
			"All,Chat,2026-07-01/2026-12-31,STATEMENT_CATEGORY_ANIMAL_WELFARE" + strings.Repeat(",", 33) + "\n",
		},
		"7_appeals_and_recidivism.csv": {
			"Complaint regarding a decision to suspend or terminate an account ,Decisions reversed,1,\n",
			"Complaint regarding a decision to suspend or terminate an account ,Median time,30,in hours\n",
			"Number of disputes submitted to out-of-court dispute settlement bodies,Total number,,\n",
		},
	} {
		for _, line := range want {
			if !strings.Contains(got[name], line) {
				t.Errorf("%s has no line %q", name, line)
			}
		}
	}
	if n := strings.Count(got["5_own_initiative_illegal.csv"], "\n"); n != 91 {
		t.Errorf("table 5 has %d lines", n)
	}
}

func TestAnAnswerToNoQuestionIsRefused(t *testing.T) {
	r := report()
	r.Answers["colour"] = "green"
	if _, err := r.Tables(); err == nil || !strings.Contains(err.Error(), `no question "colour"`) {
		t.Errorf("%v", err)
	}
}
