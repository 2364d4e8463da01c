package console_test

import (
	"testing"

	"rowan/people"
)

func TestAReportIsSignedByTwoAndSentInARealBrowser(t *testing.T) {
	o := newOffice(t)
	o.decided()
	lea, max := o.visitor("lea", people.SafeguardingLead), o.visitor("max", people.SafeguardingLead)
	d := sit(t, o, lea)
	d.open("/reports")
	d.Await("To be made")
	d.Press("j")
	d.Press("\r")
	d.Await("What the document says")
	d.Fill(`textarea[name=summary]`, "An adult asked a young person to keep a secret.")
	d.Click(`form[action$=told] button`)
	d.Await("What you said is in the report")
	d.Check("report")
	d.Press("y") // sign
	d.Await("A second person must, too")
	d.as(max)
	d.open("/cases/1/report")
	d.Await("Sign and send")
	d.Press("y")
	d.Await("it is on its way")
	o.deliver()
	if n := len(o.ncmec.Finished()); n != 1 {
		t.Fatalf("%d reports", n)
	}
	d.open("/reports")
	d.Await("4000001")
	d.Check("reports-delivered")
}
