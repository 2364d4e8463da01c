package cybertip

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Code is what the API answers. The list is not exhaustive: it is pieced
// together from public clients.
type Code int

// The codes that matter here.
const (
	OK               Code = 0
	ServerError      Code = 1000
	SaveFailed       Code = 1100
	UploadFailed     Code = 1110
	UploadIncomplete Code = 1111
	UpdateFailed     Code = 1300
	NotAuthenticated Code = 2000
	NotAuthorised    Code = 3000 // to 3999
	Invalid          Code = 4000 // to 4999
	Validation       Code = 4100
	Malformed        Code = 4110
	NoReport         Code = 5001
	NoFile           Code = 5002
	Retracted        Code = 5101
	Finished         Code = 5102
)

// Passing reports whether the same call may well succeed later.
func (c Code) Passing() bool {
	switch c {
	case ServerError, SaveFailed, UploadFailed, UploadIncomplete, UpdateFailed:
		return true
	}
	return false
}

// Title is the code in words.
func (c Code) Title() string {
	switch {
	case c == OK:
		return "accepted"
	case c == Validation, c == Malformed:
		return "the document does not agree with the schema"
	case c == NoReport:
		return "there is no such report, or it has been removed because it was not finished in time"
	case c == NoFile:
		return "there is no such file"
	case c == Retracted:
		return "the report has been retracted"
	case c == Finished:
		return "the report is finished"
	case c/1000 == 1:
		return "NCMEC's server failed"
	case c/1000 == 2:
		return "the user name or password is wrong"
	case c/1000 == 3:
		return "the account at NCMEC may not do this"
	case c/1000 == 4:
		return "the request is invalid"
	}
	return "an answer that is not known here"
}

// Reply is what the API answers to a call.
type Reply struct {
	Code      Code
	ReportID  int64    // 0 if there is none
	FileID    string   // of an upload
	MD5       string   // of what was uploaded, as NCMEC received it
	Files     []string // of a finished report
	RequestID string   // of the call, to ask NCMEC about
	// Fields are names of the schema's elements in the description of an error.
	// The description itself is not kept: it may repeat what was sent.
	Fields []string
}

const mostReply = 1 << 20

// ParseReply reads a reportResponse or reportDoneResponse.
func ParseReply(r io.Reader) (Reply, error) {
	body, err := io.ReadAll(io.LimitReader(r, mostReply+1))
	if err != nil {
		return Reply{}, err
	}
	if len(body) > mostReply {
		return Reply{}, errors.New("the answer is too long")
	}
	var x struct {
		XMLName     xml.Name
		Code        *int     `xml:"responseCode"`
		Description string   `xml:"responseDescription"`
		ReportID    int64    `xml:"reportId"`
		FileID      string   `xml:"fileId"`
		Hash        string   `xml:"hash"`
		Files       []string `xml:"files>fileId"`
	}
	if err := xml.Unmarshal(body, &x); err != nil {
		return Reply{}, errors.New("the answer is no well-formed XML")
	}
	if n := x.XMLName.Local; n != "reportResponse" && n != "reportDoneResponse" || x.Code == nil {
		return Reply{}, errors.New("the answer is none of the Reporting API's")
	}
	reply := Reply{Code: Code(*x.Code), ReportID: x.ReportID, FileID: strings.TrimSpace(x.FileID), MD5: strings.ToLower(strings.TrimSpace(x.Hash))}
	for _, f := range x.Files {
		reply.Files = append(reply.Files, strings.TrimSpace(f))
	}
	if reply.Code != OK {
		reply.Fields = named(x.Description)
	}
	return reply, nil
}

var element = regexp.MustCompile(`[a-zA-Z0-9]+`)

// named are the names of the schema's elements in a description.
func named(description string) (out []string) {
	for _, w := range element.FindAllString(description, -1) {
		if oneOf(w, elements) && !slices.Contains(out, w) && len(out) < 20 {
			out = append(out, w)
		}
	}
	return out
}

// elements are names of the schema that no plain sentence has in it.
const elements = "accountPermanentlyDisabled accountTemporarilyDisabled additionalInfo agencyName allEmailsReported associatedAccount caseNumber " +
	"chatClient chatImIncident chatRoomName companyTemplate compromisedAccount contactPerson countryCallingCode countryCode dateOfBirth dateTime " +
	"deviceId disabledDate displayName escalateToHighPriority espIdentifier espService estimatedLocation eventName fileDetails fileId fileName " +
	"fileRelevance fileViewedByEsp firstName fleaCountry groupIdentifier hashType idType idValue incidentDateTime incidentDateTimeDescription " +
	"incidentSummary incidentType internetDetails ipAddress ipCaptureEvent lastName lawEnforcement legalURL nameValuePair nonUsaState officerContact " +
	"onlineGamingIncident originalFileHash personOrUserReported personOrUserReportedPerson possibleProxy priorCTReports profileBio profileUrl " +
	"reenabledDate reportAnnotations reportedToLe reportId reportingPerson schoolName screenName servedLegalProcessDomestic " +
	"servedLegalProcessInternational termsOfService thirdPartyUserReported userNotified userNotifiedDate vehicleDescription verificationDate " +
	"victimPerson webPageIncident zipCode"

// CallError is a call that did not do what was asked. It holds no text of the
// server's.
type CallError struct {
	Call   string
	Code   Code // 0: there was no answer that could be read
	Status int  // of HTTP, 0 if there was none
	// Unsure says that it may have been done nonetheless.
	Unsure    bool
	Fields    []string
	RequestID string
	Err       error
}

func (e *CallError) Error() string {
	switch {
	case e.Code != OK:
		return fmt.Sprintf("%s: %d, %s", e.Call, e.Code, e.Code.Title())
	case e.Status != 0:
		return fmt.Sprintf("%s: HTTP status %d without an answer that can be read", e.Call, e.Status)
	}
	return fmt.Sprintf("%s: %v", e.Call, e.Err)
}

func (e *CallError) Unwrap() error { return e.Err }
