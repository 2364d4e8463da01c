package report

import (
	"fmt"
	"strings"
)

// Field is a field of the facts that a document asks for.
type Field string

// The fields that a platform may say it does not hold.
const (
	FieldEmail      Field = "email"
	FieldRecovery   Field = "recovery_email"
	FieldPhone      Field = "phone"
	FieldBilling    Field = "billing"
	FieldScreenName Field = "screen_name"
	FieldProfileURL Field = "profile_url"
	FieldCaptures   Field = "login_addresses"
	FieldUpload     Field = "upload_address"
	FieldLinked     Field = "connected_accounts"
	FieldIdentity   Field = "identity_documents"
	FieldMediaURL   Field = "content_url"
	FieldHashes     Field = "hashes"
	FieldText       Field = "text"
	FieldDevices    Field = "devices"
)

// Fields are all of them.
func Fields() []Field {
	return []Field{FieldEmail, FieldRecovery, FieldPhone, FieldBilling, FieldScreenName, FieldProfileURL, FieldCaptures, FieldUpload,
		FieldLinked, FieldIdentity, FieldMediaURL, FieldHashes, FieldText, FieldDevices}
}

// Missing is something that a document lacks.
type Missing struct {
	Field  string `json:"field"`  // its place in the document, such as victim[0].screenName
	What   string `json:"what"`   // in words, without anybody's data
	Blocks bool   `json:"blocks"` // it cannot be sent like this
	Do     string `json:"do"`     // what would mend it
}

// Blocked reports whether anything in a list keeps a document from being sent.
func Blocked(list []Missing) bool {
	for i := range list {
		if list[i].Blocks {
			return true
		}
	}
	return false
}

// IncompleteError is returned where a document cannot be sent as it is.
type IncompleteError struct{ Missing []Missing }

func (e *IncompleteError) Error() string {
	var fields []string
	for _, m := range e.Missing {
		if m.Blocks {
			fields = append(fields, m.Field)
		}
	}
	return fmt.Sprintf("the report is incomplete: %s", strings.Join(fields, ", "))
}

// List gathers what is missing.
type List struct{ All []Missing }

// Must notes something without which the document cannot be sent.
func (l *List) Must(ok bool, field, what, do string) {
	if !ok {
		l.All = append(l.All, Missing{field, what, true, do})
	}
}

// Want notes something that would help whoever reads the document.
func (l *List) Want(ok bool, field, what, do string) {
	if !ok {
		l.All = append(l.All, Missing{field, what, false, do})
	}
}
